CREATE TABLE `api_token` (
  `id` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `name` varchar(190) NOT NULL,
  `secret_hash` binary(32) NOT NULL,
  `scopes` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `created_by` varchar(190) NOT NULL,
  `created_at` datetime(6) NOT NULL,
  `expires_at` datetime(6) DEFAULT NULL,
  `revoked_at` datetime(6) DEFAULT NULL,
  `last_used_at` datetime(6) DEFAULT NULL,
  `roles` varchar(1000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_api_token_hash` (`secret_hash`),
  CONSTRAINT `ck_api_token_scopes` CHECK (`scopes` regexp '^(admin|operate|submit|read|worker)(,(admin|operate|submit|read|worker))*$')
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `attempt` (
  `track_id` bigint(20) NOT NULL,
  `attempt` int(11) NOT NULL,
  `run_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `worker_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `result` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `exit_code` smallint(6) DEFAULT NULL,
  `term_signal` varchar(16) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `detail` varchar(2000) DEFAULT NULL,
  `pending_at` datetime(6) NOT NULL,
  `started_at` datetime(6) NOT NULL,
  `finished_at` datetime(6) NOT NULL,
  `duration_ms` bigint(20) NOT NULL,
  `output_bytes` bigint(20) NOT NULL,
  `cut_bytes` bigint(20) NOT NULL,
  PRIMARY KEY (`track_id`,`attempt`),
  CONSTRAINT `fk_attempt_track` FOREIGN KEY (`track_id`) REFERENCES `track` (`id`),
  CONSTRAINT `ck_attempt_number` CHECK (`attempt` >= 1),
  CONSTRAINT `ck_attempt_bytes` CHECK (`duration_ms` >= 0 and `output_bytes` >= 0 and `cut_bytes` >= 0),
  CONSTRAINT `ck_attempt_result` CHECK (`result` in ('succeed','exit_code','signal','timeout','spawn_error','bad_choice','bad_output','child_failed','lost','cancelled'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `edge` (
  `version_id` bigint(20) NOT NULL,
  `id` int(11) NOT NULL,
  `tail` int(11) NOT NULL,
  `head` int(11) NOT NULL,
  `when_expression` text DEFAULT NULL,
  PRIMARY KEY (`version_id`,`id`),
  UNIQUE KEY `uq_edge_tail_head` (`version_id`,`tail`,`head`),
  KEY `ix_edge_head` (`version_id`,`head`),
  CONSTRAINT `fk_edge_head` FOREIGN KEY (`version_id`, `head`) REFERENCES `vertex` (`version_id`, `id`) ON DELETE CASCADE,
  CONSTRAINT `fk_edge_tail` FOREIGN KEY (`version_id`, `tail`) REFERENCES `vertex` (`version_id`, `id`) ON DELETE CASCADE,
  CONSTRAINT `ck_edge_self_loop` CHECK (`tail` <> `head`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `graph` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `name` varchar(190) NOT NULL,
  `latest_version` int(11) NOT NULL DEFAULT 1,
  `next_vertex_id` int(11) NOT NULL DEFAULT 1,
  `next_edge_id` int(11) NOT NULL DEFAULT 1,
  `created_at` datetime(6) NOT NULL,
  `updated_at` datetime(6) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_graph_name` (`name`),
  CONSTRAINT `ck_graph_name` CHECK (char_length(`name`) >= 1),
  CONSTRAINT `ck_graph_next_vertex_id` CHECK (`next_vertex_id` between 1 and 4194304),
  CONSTRAINT `ck_graph_latest_version` CHECK (`latest_version` >= 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `graph_version` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `graph_id` bigint(20) NOT NULL,
  `version` int(11) NOT NULL,
  `description` text DEFAULT NULL,
  `on_failure` varchar(8) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `checked_at` datetime(6) DEFAULT NULL,
  `sealed_at` datetime(6) DEFAULT NULL,
  `created_at` datetime(6) NOT NULL,
  `timeout_ms` bigint(20) DEFAULT NULL,
  `run_limit` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_graph_version` (`graph_id`,`version`),
  KEY `ix_graph_version_unchecked` (`checked_at`,`id`),
  CONSTRAINT `fk_graph_version_graph` FOREIGN KEY (`graph_id`) REFERENCES `graph` (`id`),
  CONSTRAINT `ck_graph_version_on_failure` CHECK (`on_failure` in ('stop','kill','continue','hold')),
  CONSTRAINT `ck_graph_version_sealed` CHECK (`sealed_at` is null or `checked_at` is not null),
  CONSTRAINT `ck_graph_version_limits` CHECK ((`timeout_ms` is null or `timeout_ms` >= 1) and (`run_limit` is null or `run_limit` >= 1))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `idempotency_key` (
  `token_id` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `idempotency_key` varchar(255) NOT NULL,
  `request_hash` binary(32) NOT NULL,
  `status` smallint(6) DEFAULT NULL,
  `response` longtext DEFAULT NULL,
  `created_at` datetime(6) NOT NULL,
  PRIMARY KEY (`token_id`,`idempotency_key`),
  KEY `ix_idempotency_key_created` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `installation` (
  `id` tinyint(4) NOT NULL,
  `completion_secret` binary(32) NOT NULL,
  `created_at` datetime(6) NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `ck_installation_single` CHECK (`id` = 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `limit_holder` (
  `limit_key` varchar(190) NOT NULL,
  `track_id` bigint(20) NOT NULL,
  `run_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`limit_key`,`track_id`),
  CONSTRAINT `fk_limit_holder_key` FOREIGN KEY (`limit_key`) REFERENCES `limit_key` (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `limit_key` (
  `name` varchar(190) NOT NULL,
  `capacity` int(11) DEFAULT NULL,
  `updated_at` datetime(6) NOT NULL,
  PRIMARY KEY (`name`),
  CONSTRAINT `ck_limit_key_capacity` CHECK (`capacity` is null or `capacity` >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `output_chunk` (
  `track_id` bigint(20) NOT NULL,
  `attempt` int(11) NOT NULL,
  `seq` int(11) NOT NULL,
  `bytes` mediumblob NOT NULL,
  PRIMARY KEY (`track_id`,`attempt`,`seq`),
  CONSTRAINT `fk_output_chunk_track` FOREIGN KEY (`track_id`) REFERENCES `track` (`id`),
  CONSTRAINT `ck_output_chunk` CHECK (`attempt` >= 1 and `seq` >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `pipeline` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `version_id` bigint(20) NOT NULL,
  `graph_id` bigint(20) NOT NULL,
  `name` varchar(190) NOT NULL,
  `mode` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `on_failure` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `priority` int(11) NOT NULL DEFAULT 0,
  `state` varchar(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `params` longtext NOT NULL,
  `total_tracks` int(11) NOT NULL,
  `open_tracks` int(11) NOT NULL,
  `failures` int(11) NOT NULL DEFAULT 0,
  `reason` varchar(500) DEFAULT NULL,
  `created_by` varchar(190) NOT NULL,
  `created_at` datetime(6) NOT NULL,
  `finished_at` datetime(6) DEFAULT NULL,
  `timeout_ms` bigint(20) DEFAULT NULL,
  `deadline_at` datetime(6) DEFAULT NULL,
  `parent_track_id` bigint(20) DEFAULT NULL,
  `map_vertex_id` int(11) DEFAULT NULL,
  `map_size` int(11) DEFAULT NULL,
  `depth` tinyint(4) NOT NULL DEFAULT 0,
  `schedule_id` bigint(20) DEFAULT NULL,
  `scheduled_for` datetime(6) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_pipeline_state` (`state`,`id`),
  KEY `ix_pipeline_graph` (`graph_id`,`id`),
  KEY `ix_pipeline_name` (`name`,`id`),
  KEY `fk_pipeline_version` (`version_id`),
  KEY `ix_pipeline_deadline` (`state`,`deadline_at`),
  KEY `ix_pipeline_parent` (`parent_track_id`),
  KEY `ix_pipeline_schedule` (`schedule_id`,`state`,`scheduled_for`),
  KEY `ix_pipeline_created` (`created_at`),
  CONSTRAINT `fk_pipeline_graph` FOREIGN KEY (`graph_id`) REFERENCES `graph` (`id`),
  CONSTRAINT `fk_pipeline_version` FOREIGN KEY (`version_id`) REFERENCES `graph_version` (`id`),
  CONSTRAINT `ck_pipeline_mode` CHECK (`mode` in ('auto','manual')),
  CONSTRAINT `ck_pipeline_on_failure` CHECK (`on_failure` in ('stop','kill','continue','hold')),
  CONSTRAINT `ck_pipeline_state` CHECK (`state` in ('RUNNING','PAUSED','FINISH','FAILED','CANCELLED')),
  CONSTRAINT `ck_pipeline_params` CHECK (json_valid(`params`)),
  CONSTRAINT `ck_pipeline_total` CHECK (`total_tracks` >= 1),
  CONSTRAINT `ck_pipeline_open` CHECK (`open_tracks` between 0 and `total_tracks`),
  CONSTRAINT `ck_pipeline_failures` CHECK (`failures` between 0 and `total_tracks`),
  CONSTRAINT `ck_pipeline_finished` CHECK (`finished_at` is null = `state` in ('RUNNING','PAUSED')),
  CONSTRAINT `ck_pipeline_finish` CHECK (`state` <> 'FINISH' or `open_tracks` = 0 and `failures` = 0),
  CONSTRAINT `ck_pipeline_map` CHECK (`map_vertex_id` is null = (`map_size` is null) and (`map_size` is null or `parent_track_id` is not null)),
  CONSTRAINT `ck_pipeline_depth` CHECK (`depth` >= 0 and `depth` = 0 = (`parent_track_id` is null)),
  CONSTRAINT `ck_pipeline_schedule` CHECK (`schedule_id` is null = (`scheduled_for` is null))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `pipeline_event` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `pipeline_id` bigint(20) NOT NULL,
  `at` datetime(6) NOT NULL,
  `kind` varchar(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `actor` varchar(190) DEFAULT NULL,
  `reason` varchar(2000) DEFAULT NULL,
  `action_id` varchar(300) DEFAULT NULL,
  `body` longtext NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_pipeline_event_action` (`action_id`,`pipeline_id`),
  KEY `ix_pipeline_event_pipeline` (`pipeline_id`,`id`),
  CONSTRAINT `fk_pipeline_event_pipeline` FOREIGN KEY (`pipeline_id`) REFERENCES `pipeline` (`id`),
  CONSTRAINT `ck_pipeline_event_body` CHECK (json_valid(`body`))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `process` (
  `id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kind` varchar(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `host` varchar(190) NOT NULL,
  `pid` int(11) NOT NULL,
  `software_version` varchar(64) NOT NULL,
  `settings` longtext NOT NULL,
  `counters` longtext NOT NULL,
  `clock_skew_ms` bigint(20) NOT NULL,
  `started_at` datetime(6) NOT NULL,
  `seen_at` datetime(6) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_process_seen` (`seen_at`),
  CONSTRAINT `ck_process_kind` CHECK (`kind` in ('api','orchestrator','worker')),
  CONSTRAINT `ck_process_settings` CHECK (json_valid(`settings`)),
  CONSTRAINT `ck_process_counters` CHECK (json_valid(`counters`))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `schedule` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `name` varchar(190) NOT NULL,
  `cron` varchar(190) NOT NULL,
  `time_zone` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `graph` varchar(220) NOT NULL,
  `request` longtext NOT NULL,
  `overlap_policy` varchar(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `catch_up_limit` int(11) NOT NULL,
  `paused_at` datetime(6) DEFAULT NULL,
  `next_due_at` datetime(6) DEFAULT NULL,
  `last_error` varchar(2000) DEFAULT NULL,
  `created_by` varchar(190) NOT NULL,
  `created_at` datetime(6) NOT NULL,
  `updated_at` datetime(6) NOT NULL,
  `changed_by` longtext DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_schedule_name` (`name`),
  KEY `ix_schedule_due` (`paused_at`,`next_due_at`),
  CONSTRAINT `ck_schedule_overlap` CHECK (`overlap_policy` in ('allow','queue','skip','replace')),
  CONSTRAINT `ck_schedule_catch_up` CHECK (`catch_up_limit` >= 0),
  CONSTRAINT `ck_schedule_request` CHECK (json_valid(`request`)),
  CONSTRAINT `ck_schedule_changed_by` CHECK (`changed_by` is null or json_valid(`changed_by`))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `schedule_fire` (
  `schedule_id` bigint(20) NOT NULL,
  `due_at` datetime(6) NOT NULL,
  `state` varchar(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `pipeline_id` bigint(20) DEFAULT NULL,
  `backfill_at_once` tinyint(4) DEFAULT NULL,
  `detail` varchar(2000) DEFAULT NULL,
  `decided_at` datetime(6) NOT NULL,
  `requested_by` varchar(190) DEFAULT NULL,
  PRIMARY KEY (`schedule_id`,`due_at`),
  KEY `ix_schedule_fire_state` (`state`,`schedule_id`,`due_at`),
  CONSTRAINT `fk_schedule_fire_schedule` FOREIGN KEY (`schedule_id`) REFERENCES `schedule` (`id`) ON DELETE CASCADE,
  CONSTRAINT `ck_schedule_fire_state` CHECK (`state` in ('started','queued','skipped','missed','failed')),
  CONSTRAINT `ck_schedule_fire_started` CHECK (`state` = 'started' = (`pipeline_id` is not null)),
  CONSTRAINT `ck_schedule_fire_backfill` CHECK (`backfill_at_once` >= 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `stale_completion` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `track_id` bigint(20) NOT NULL,
  `attempt` int(11) NOT NULL,
  `run_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `why` varchar(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `completion` longtext NOT NULL,
  `received_at` datetime(6) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_stale_completion` (`track_id`,`attempt`,`run_id`),
  CONSTRAINT `ck_stale_completion` CHECK (json_valid(`completion`))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `track` (
  `id` bigint(20) NOT NULL,
  `pipeline_id` bigint(20) NOT NULL,
  `vertex_id` int(11) NOT NULL,
  `state` varchar(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `attempt` int(11) NOT NULL DEFAULT 1,
  `budget_from_attempt` int(11) NOT NULL DEFAULT 1,
  `lost_attempts` int(11) NOT NULL DEFAULT 0,
  `awaits` varchar(10) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `input` longtext DEFAULT NULL,
  `chosen` longtext DEFAULT NULL,
  `predecessors_left` int(11) NOT NULL,
  `predecessors_succeeded` int(11) NOT NULL DEFAULT 0,
  `predecessors_failed` int(11) NOT NULL DEFAULT 0,
  `predecessors_skipped` int(11) NOT NULL DEFAULT 0,
  `predecessors_cancelled` int(11) NOT NULL DEFAULT 0,
  `predecessors_not_taken` int(11) NOT NULL DEFAULT 0,
  `dispatch_seq` int(11) NOT NULL DEFAULT 0,
  `due_at` datetime(6) DEFAULT NULL,
  `pending_at` datetime(6) DEFAULT NULL,
  `run_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `worker_id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `first_started_at` datetime(6) DEFAULT NULL,
  `started_at` datetime(6) DEFAULT NULL,
  `finished_at` datetime(6) DEFAULT NULL,
  `cancel_requested_at` datetime(6) DEFAULT NULL,
  `exit_code` smallint(6) DEFAULT NULL,
  `reason` varchar(32) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `started_attempt` int(11) NOT NULL DEFAULT 0,
  `gate_decision` varchar(10) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `not_before` datetime(6) DEFAULT NULL,
  `expires_at` datetime(6) DEFAULT NULL,
  `child_pipeline_id` bigint(20) DEFAULT NULL,
  `waits_for` varchar(190) DEFAULT NULL,
  `waits_rank` int(11) DEFAULT NULL,
  `waits_since` datetime(6) DEFAULT NULL,
  `detail` varchar(2000) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_track_pipeline_state` (`pipeline_id`,`state`,`predecessors_left`),
  KEY `ix_track_due` (`state`,`due_at`),
  KEY `ix_track_expires` (`state`,`expires_at`),
  KEY `ix_track_awaits` (`awaits`,`id`),
  KEY `ix_track_waits_for` (`waits_for`,`waits_rank`,`waits_since`),
  CONSTRAINT `fk_track_pipeline` FOREIGN KEY (`pipeline_id`) REFERENCES `pipeline` (`id`),
  CONSTRAINT `ck_track_id` CHECK (`id` = `pipeline_id` * 4194304 + `vertex_id`),
  CONSTRAINT `ck_track_state` CHECK (`state` in ('WAITING','PENDING','RUNNING','SUCCEED','FAILED','SKIPPED','CANCELLED')),
  CONSTRAINT `ck_track_attempt` CHECK (`attempt` >= `budget_from_attempt` and `budget_from_attempt` >= 1),
  CONSTRAINT `ck_track_lost` CHECK (`lost_attempts` between 0 and `attempt`),
  CONSTRAINT `ck_track_awaits` CHECK (`awaits` in ('params','approval','choice','decision')),
  CONSTRAINT `ck_track_input` CHECK (`input` is null or json_valid(`input`)),
  CONSTRAINT `ck_track_chosen` CHECK (`chosen` is null or json_valid(`chosen`)),
  CONSTRAINT `ck_track_left` CHECK (`predecessors_left` >= 0),
  CONSTRAINT `ck_track_claim` CHECK (`run_id` is not null = (`state` = 'RUNNING')),
  CONSTRAINT `ck_track_claim_complete` CHECK (`state` <> 'RUNNING' or `worker_id` is not null and `due_at` is not null and `started_at` is not null),
  CONSTRAINT `ck_track_pending` CHECK (`state` <> 'PENDING' or `pending_at` is not null),
  CONSTRAINT `ck_track_finished` CHECK (`finished_at` is not null = `state` in ('SUCCEED','FAILED','SKIPPED','CANCELLED')),
  CONSTRAINT `ck_track_due` CHECK (`due_at` is null or `state` in ('PENDING','RUNNING')),
  CONSTRAINT `ck_track_gate` CHECK (`gate_decision` in ('approved','rejected')),
  CONSTRAINT `ck_track_pending_only` CHECK (`state` = 'PENDING' or `not_before` is null and `expires_at` is null and `waits_for` is null),
  CONSTRAINT `ck_track_started` CHECK (`started_attempt` between 0 and `attempt`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `track_output` (
  `track_id` bigint(20) NOT NULL,
  `attempt` int(11) NOT NULL,
  `name` varchar(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `value` mediumtext NOT NULL,
  PRIMARY KEY (`track_id`,`attempt`,`name`),
  CONSTRAINT `fk_track_output_track` FOREIGN KEY (`track_id`) REFERENCES `track` (`id`),
  CONSTRAINT `ck_track_output` CHECK (`attempt` >= 1 and char_length(`name`) >= 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `track_queue` (
  `labels` varchar(1300) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `created_at` datetime(6) NOT NULL,
  PRIMARY KEY (`labels`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `vertex` (
  `version_id` bigint(20) NOT NULL,
  `id` int(11) NOT NULL,
  `name` varchar(190) NOT NULL,
  `description` text DEFAULT NULL,
  `script` mediumtext NOT NULL,
  `input` longtext DEFAULT NULL,
  `next` mediumtext DEFAULT NULL,
  `policies` longtext DEFAULT NULL,
  PRIMARY KEY (`version_id`,`id`),
  UNIQUE KEY `uq_vertex_name` (`version_id`,`name`),
  CONSTRAINT `fk_vertex_version` FOREIGN KEY (`version_id`) REFERENCES `graph_version` (`id`),
  CONSTRAINT `ck_vertex_id` CHECK (`id` between 1 and 4194303),
  CONSTRAINT `ck_vertex_name` CHECK (char_length(`name`) >= 1),
  CONSTRAINT `ck_vertex_input` CHECK (`input` is null or json_valid(`input`)),
  CONSTRAINT `ck_vertex_next` CHECK (`next` is null or json_valid(`next`)),
  CONSTRAINT `ck_vertex_policies` CHECK (`policies` is null or json_valid(`policies`))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

CREATE TABLE `worker` (
  `id` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `name` varchar(190) NOT NULL,
  `host` varchar(190) NOT NULL,
  `pid` int(11) NOT NULL,
  `software_version` varchar(64) NOT NULL,
  `isolation_level` varchar(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `labels` longtext NOT NULL,
  `slots` int(11) NOT NULL,
  `is_draining` tinyint(4) NOT NULL DEFAULT 0,
  `started_at` datetime(6) NOT NULL,
  `seen_at` datetime(6) NOT NULL,
  `problem` varchar(500) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_worker_seen` (`seen_at`),
  CONSTRAINT `ck_worker_labels` CHECK (json_valid(`labels`)),
  CONSTRAINT `ck_worker_slots` CHECK (`slots` >= 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;
