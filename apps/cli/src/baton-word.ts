/** How the command line is called where people are told what to type: it works in every clone, nothing installed. */
export const BATON = 'npx baton';
