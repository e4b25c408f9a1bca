/** One safeguard taken away, and the test that must notice. docs/mutations.md is the same list for people. */
export interface Mutation {
  name: string;
  changes: readonly { file: string; find: string; replace: string }[];
  testFile: string;
  /** The whole name of the test. */
  test: string;
  /** Where that test stands in several groups: how the name of the one ends that is meant. */
  group?: string;
}
