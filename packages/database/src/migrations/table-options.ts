/** Character set and collation are named everywhere: the servers' defaults differ, and names compare exactly. */
export const TABLE_OPTIONS = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin ROW_FORMAT=DYNAMIC';
