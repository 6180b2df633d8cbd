export const providersKey = ['providers', 'linked']
