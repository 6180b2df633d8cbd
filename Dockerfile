# The API with the built page, as one process on one port. It needs a Redis: see compose.yaml.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY . .
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile
RUN npx --yes --package=pnpm@12.21.0 --call "pnpm exec turbo run build --filter=@rollcall/api --filter=@rollcall/web --filter=@rollcall/cli"
RUN npx --yes pnpm@12.21.0 --filter=@rollcall/api deploy --legacy --prod /app/apps/api \
  && npx --yes pnpm@12.21.0 --filter=@rollcall/cli deploy --legacy --prod /app/apps/cli \
  && mkdir -p /app/apps/web && cp -r apps/web/dist /app/apps/web/dist

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
RUN install -d -o node -g node -m 0700 /data
COPY --from=build /app /app
# docker compose --env-file .env.compose exec api rollcall --help
RUN printf '#!/bin/sh\nexec node /app/apps/cli/dist/main.js "$@"\n' > /usr/local/bin/rollcall && chmod +x /usr/local/bin/rollcall
USER node
VOLUME /data
EXPOSE 3000
# About this process alone: a restart of every container would not bring Redis back.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "/app/apps/api/dist/main.js"]
