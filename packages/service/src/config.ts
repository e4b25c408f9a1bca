/** A folder in which tests ask for deaths (crash-point.ts); undefined wherever Baton is used. */
export const crashDirectory = process.env['BATON_CRASH_DIRECTORY'];
