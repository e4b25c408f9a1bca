/** How often a race is repeated: BATON_E2E_ROUNDS, or what the test says by itself. */
export function readRounds(byDefault: number): number {
  const rounds = Number(process.env['BATON_E2E_ROUNDS'] ?? byDefault);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('BATON_E2E_ROUNDS: expected a whole number above 0');
  return rounds;
}
