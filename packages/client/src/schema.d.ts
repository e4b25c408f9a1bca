// Generated from openapi.json by "npm run generate -w @baton/client".

export interface paths {
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A page that says what runs here
         * @description Needs no token.
         */
        get: operations["getRoot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This document
         * @description Needs no token.
         */
        get: operations["getOpenapiJson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The calls as a page to read and to try
         * @description Needs no token.
         */
        get: operations["getDocs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the page at /docs consists of
         * @description Needs no token.
         */
        get: operations["getDocsByFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics of this process and of what is under way, for Prometheus
         * @description Needs a token with the scope read.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether this process runs
         * @description Needs no token.
         */
        get: operations["getHealthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether calls would be answered: the database is reachable and has all tables
         * @description Needs no token.
         */
        get: operations["getReadyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Examine the installation: servers, settings, clocks, processes, queues, tables; nothing is changed
         * @description Needs a token with the scope admin.
         */
        get: operations["getDoctor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/graphs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List graphs by their latest versions, newest first
         * @description Needs a token with the scope read.
         */
        get: operations["getGraphs"];
        put?: never;
        /**
         * Make a graph, empty or whole
         * @description Needs a token with the scope submit.
         */
        post: operations["postGraphs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/graphs/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check every graph whose latest version has not passed its check
         * @description Needs a token with the scope submit.
         */
        post: operations["postGraphsCheck"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/graphs/{graph}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a graph whole; with Accept: application/yaml as a document to edit and send again
         * @description Needs a token with the scope read.
         */
        get: operations["getGraphsByGraph"];
        /**
         * Make a graph, or give it new contents: in place, or as the next version where the latest is sealed
         * @description Needs a token with the scope submit.
         */
        put: operations["putGraphsByGraph"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/graphs/{graph}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make the next version to edit: a copy of the latest
         * @description Needs a token with the scope submit.
         */
        post: operations["postGraphsByGraphVersions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/graphs/{graph}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check a graph: everything that keeps it from starting, at once
         * @description Needs a token with the scope submit.
         */
        post: operations["postGraphsByGraphCheck"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/graphs/{graph}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tell what two versions of a graph differ in
         * @description Needs a token with the scope read.
         */
        get: operations["getGraphsByGraphDiff"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/graphs/{graph}/simulate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What if? Tell how a pipeline would go, given how some of its vertices end; nothing is run or written
         * @description Needs a token with the scope read.
         */
        post: operations["postGraphsByGraphSimulate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/graphs/{graph}/vertices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add a vertex to the latest version
         * @description Needs a token with the scope submit.
         */
        post: operations["postGraphsByGraphVertices"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/graphs/{graph}/vertices/{vertex}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a vertex and its edges
         * @description Needs a token with the scope submit.
         */
        delete: operations["deleteGraphsByGraphVerticesByVertex"];
        options?: never;
        head?: never;
        /**
         * Change the given fields of a vertex; null sets one to its default
         * @description Needs a token with the scope submit.
         */
        patch: operations["patchGraphsByGraphVerticesByVertex"];
        trace?: never;
    };
    "/api/v1/graphs/{graph}/edges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add an edge: head may run only after tail
         * @description Needs a token with the scope submit.
         */
        post: operations["postGraphsByGraphEdges"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/graphs/{graph}/edges/{edgeId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove an edge
         * @description Needs a token with the scope submit.
         */
        delete: operations["deleteGraphsByGraphEdgesByEdgeId"];
        options?: never;
        head?: never;
        /**
         * Move one or both ends of an edge, or change its condition
         * @description Needs a token with the scope submit.
         */
        patch: operations["patchGraphsByGraphEdgesByEdgeId"];
        trace?: never;
    };
    "/api/v1/pipelines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List pipelines, newest first
         * @description Needs a token with the scope read.
         */
        get: operations["getPipelines"];
        put?: never;
        /**
         * Start a pipeline
         * @description Needs a token with the scope submit.
         */
        post: operations["postPipelines"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipelineId}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a pipeline: what runs goes on, nothing starts
         * @description Needs a token with the scope operate.
         */
        post: operations["postPipelinesByPipelineIdPause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipelineId}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a paused pipeline go on
         * @description Needs a token with the scope operate.
         */
        post: operations["postPipelinesByPipelineIdResume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipelineId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a pipeline; again is the same as once
         * @description Needs a token with the scope operate.
         */
        post: operations["postPipelinesByPipelineIdCancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipelineId}/mode": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hand a pipeline on by itself (auto), or by choices of persons (manual)
         * @description Needs a token with the scope operate.
         */
        post: operations["postPipelinesByPipelineIdMode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipelineId}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run tracks again: those that failed and what follows them, or those that are named
         * @description Needs a token with the scope operate.
         */
        post: operations["postPipelinesByPipelineIdRetry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipelineId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a pipeline, with how many tracks are in each state
         * @description Needs a token with the scope read.
         */
        get: operations["getPipelinesByPipelineId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipelineId}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what happened to a pipeline, who did it and why, oldest first; nothing of it ever changes
         * @description Needs a token with the scope read.
         */
        get: operations["getPipelinesByPipelineIdHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipelineId}/why": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Say why a pipeline has not ended: the tracks that hold it, by what holds them
         * @description Needs a token with the scope read.
         */
        get: operations["getPipelinesByPipelineIdWhy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipelineId}/tracks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a pipeline's tracks in the order of the graph's vertices
         * @description Needs a token with the scope read.
         */
        get: operations["getPipelinesByPipelineIdTracks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{trackId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a track with its attempts
         * @description Needs a token with the scope read.
         */
        get: operations["getTracksByTrackId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{trackId}/why": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Say why a track does not run, or what it waits for
         * @description Needs a token with the scope read.
         */
        get: operations["getTracksByTrackIdWhy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{trackId}/params": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a held track the parameter values that it lacks
         * @description Needs a token with the scope operate.
         */
        post: operations["postTracksByTrackIdParams"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{trackId}/next": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Choose the successors that the flow goes on with; the same choice again is the same as once
         * @description Needs a token with the scope operate.
         */
        post: operations["postTracksByTrackIdNext"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{trackId}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve at a track's gate: by its approvers; where it names none, with the scope operate
         * @description Needs a token with the scope read.
         */
        post: operations["postTracksByTrackIdApprove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{trackId}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reject at a track's gate: it is skipped, or failed if the gate says so
         * @description Needs a token with the scope read.
         */
        post: operations["postTracksByTrackIdReject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{trackId}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Skip a track that has not started, or that failed; it does not hold up what comes after it
         * @description Needs a token with the scope operate.
         */
        post: operations["postTracksByTrackIdSkip"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{trackId}/succeed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Count a track that has not started, or that failed, as succeeded; its script does not run
         * @description Needs a token with the scope operate.
         */
        post: operations["postTracksByTrackIdSucceed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{trackId}/give-up": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give up a failed track that awaits a decision
         * @description Needs a token with the scope operate.
         */
        post: operations["postTracksByTrackIdGiveUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{trackId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a track; it counts as failed
         * @description Needs a token with the scope operate.
         */
        post: operations["postTracksByTrackIdCancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{trackId}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run a track again that has ended, or whose failure awaits a decision
         * @description Needs a token with the scope operate.
         */
        post: operations["postTracksByTrackIdRetry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/inbox": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the tracks that await a person, the oldest pipelines first
         * @description Needs a token with the scope read.
         */
        get: operations["getInbox"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{trackId}/output": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a track's output, as it was printed
         * @description Needs a token with the scope read.
         */
        get: operations["getTracksByTrackIdOutput"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tracks/{trackId}/outputs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read what a track's script handed on
         * @description Needs a token with the scope read.
         */
        get: operations["getTracksByTrackIdOutputs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the workers that are alive, with what they run
         * @description Needs a token with the scope read.
         */
        get: operations["getWorkers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the pools, with what runs and waits
         * @description Needs a token with the scope read.
         */
        get: operations["getPools"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pools/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Make a pool, or change its limit; what runs goes on
         * @description Needs a token with the scope operate.
         */
        put: operations["putPoolsByName"];
        post?: never;
        /**
         * Remove a pool that no graph and no running track needs
         * @description Needs a token with the scope operate.
         */
        delete: operations["deletePoolsByName"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the schedules, the oldest first
         * @description Needs a token with the scope read.
         */
        get: operations["getSchedules"];
        put?: never;
        /**
         * Make a schedule that starts pipelines of a graph
         * @description Needs a token with the scope submit.
         */
        post: operations["postSchedules"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules/{schedule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a schedule, with its next due times
         * @description Needs a token with the scope read.
         */
        get: operations["getSchedulesBySchedule"];
        put?: never;
        post?: never;
        /**
         * Remove a schedule and what waits of it; its pipelines stay and go on
         * @description Needs a token with the scope operate.
         */
        delete: operations["deleteSchedulesBySchedule"];
        options?: never;
        head?: never;
        /**
         * Change settings of a schedule; what runs or is queued stays
         * @description Needs a token with the scope operate.
         */
        patch: operations["patchSchedulesBySchedule"];
        trace?: never;
    };
    "/api/v1/schedules/{schedule}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a schedule: nothing of it starts, queued and backfilled due times included; again is the same as once
         * @description Needs a token with the scope operate.
         */
        post: operations["postSchedulesBySchedulePause"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules/{schedule}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a paused schedule go on; the due times of the pause are not made up for
         * @description Needs a token with the scope operate.
         */
        post: operations["postSchedulesByScheduleResume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules/{schedule}/backfill": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start the due times of a range that were not started, each once, however often it is asked for
         * @description Needs a token with the scope operate.
         */
        post: operations["postSchedulesByScheduleBackfill"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules/{schedule}/fires": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what became of the due times of a schedule, the newest first
         * @description Needs a token with the scope read.
         */
        get: operations["getSchedulesByScheduleFires"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the tokens, without their secrets
         * @description Needs a token with the scope admin.
         */
        get: operations["getTokens"];
        put?: never;
        /**
         * Make a token; its text is shown this once
         * @description Needs a token with the scope admin.
         */
        post: operations["postTokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{tokenId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a token; it works for five seconds more at most
         * @description Needs a token with the scope admin.
         */
        delete: operations["deleteTokensByTokenId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/worker/claims": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Claim attempts: at most one run ever gets an attempt; a run may ask again for what it got
         * @description Needs a token with the scope worker.
         */
        post: operations["postWorkerClaims"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/worker/releases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give attempts back that were claimed and not started: other workers may take them
         * @description Needs a token with the scope worker.
         */
        post: operations["postWorkerReleases"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/worker/heartbeats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that a worker lives; renew the leases of what it runs; learn what to stop and what was applied
         * @description Needs a token with the scope worker.
         */
        post: operations["postWorkerHeartbeats"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/worker/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say how a worker does: its clock, what it has counted, what it keeps; for people, no lease depends on it
         * @description Needs a token with the scope worker.
         */
        post: operations["postWorkerStatus"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/worker/output": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Store pieces of output; a piece that is there already stays as it is
         * @description Needs a token with the scope worker.
         */
        post: operations["postWorkerOutput"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/worker/outputs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Store what runs hand on, before their completions are reported; a value that is there already stays
         * @description Needs a token with the scope worker.
         */
        post: operations["postWorkerOutputs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        Attempt: {
            attempt: number;
            runId: string;
            worker: string;
            /** @description null: it runs */
            result: ("succeed" | "cancelled" | "exit_code" | "signal" | "timeout" | "spawn_error" | "bad_choice" | "bad_output" | "child_failed" | "lost") | null;
            exitCode: number | null;
            signal: string | null;
            detail: string | null;
            /** Format: date-time */
            startedAt: string;
            finishedAt: string | null;
            durationMs: number | null;
            outputBytes: number | null;
            /** @description bytes of output over the cap, not stored */
            cutBytes: number | null;
        };
        AttemptOutcome: {
            /**
             * @description absent: succeed
             * @enum {string}
             */
            result?: "succeed" | "fail" | "timeout" | "lost";
            /** @description of fail; absent: 1 */
            exitCode?: number;
            /** @description absent: 1000 */
            durationMs?: number;
            /** @description successors that the script names in $BATON_NEXT */
            chosen?: string[];
            /** @description what the script writes to $BATON_OUTPUT */
            outputs?: {
                [key: string]: string;
            };
        };
        Blocker: {
            /** @constant */
            kind: "params";
            /** @description for people */
            sentence: string;
            /** @description parameters without a value */
            names: string[];
            /** @description since when */
            since: string | null;
        } | {
            /** @constant */
            kind: "approval";
            /** @description for people */
            sentence: string;
            message: string | null;
            /** @description `token:<name>`, `role:<name>`; empty: every token with the scope operate */
            approvers: string[];
            /** @description since when */
            since: string | null;
            expiresAt: string | null;
            /** @enum {string} */
            onExpiry: "approve" | "reject";
        } | {
            /** @constant */
            kind: "choice";
            /** @description for people */
            sentence: string;
            offered: string[];
            successors: string[];
            /** @description since when */
            since: string | null;
        } | {
            /** @constant */
            kind: "decision";
            /** @description for people */
            sentence: string;
            reason: string | null;
            exitCode: number | null;
            /** @description since when */
            since: string | null;
        } | {
            /** @constant */
            kind: "paused";
            /** @description for people */
            sentence: string;
            by: string | null;
            reason: string | null;
            /** @description since when */
            since: string | null;
        } | {
            /** @constant */
            kind: "no_worker";
            /** @description for people */
            sentence: string;
            labels: string[];
            /** @description alive ones */
            workers: components["schemas"]["LackingWorker"][];
        } | {
            /** @constant */
            kind: "limit";
            /** @description for people */
            sentence: string;
            key: string;
            /** @description so many tracks at once */
            capacity: number;
            running: number;
            /** @description tracks that wait for a place, this one among them */
            waiting: number;
            /** @description the longest running first; of many the first */
            holders: components["schemas"]["LimitHolder"][];
            /** @description since when */
            since: string | null;
        } | {
            /** @constant */
            kind: "not_queued";
            /** @description for people */
            sentence: string;
            /** @description then the reconcile loop looks at it */
            enqueuedAt: string | null;
            isRedisReady: boolean;
        } | {
            /** @constant */
            kind: "retry";
            /** @description for people */
            sentence: string;
            attempt: number;
            /**
             * Format: date-time
             * @description not before
             */
            at: string;
        } | {
            /** @constant */
            kind: "queue";
            /** @description for people */
            sentence: string;
            labels: string[];
            /** @description 1: the next; null: it is being taken */
            position: number | null;
            length: number | null;
            /** @description tracks before it; of many the first */
            before: number[];
            /** @description of the workers that serve it */
            slots: number;
            freeSlots: number;
            /** @description since when */
            since: string | null;
        } | {
            /** @constant */
            kind: "predecessors";
            /** @description for people */
            sentence: string;
            /** @enum {string} */
            join: "all_success" | "all_failed" | "all_done" | "all_done_min_one_success" | "all_skipped" | "one_success" | "one_failed" | "one_done" | "none_failed" | "none_failed_min_one_success" | "none_skipped" | "always";
            total: number;
            ended: number;
            /** @description what the join rule waits for */
            needs: string;
            /** @description of many the first */
            unfinished: components["schemas"]["TrackReference"][];
            /** @description the tracks that really hold it, with what holds those; of many the first */
            roots: components["schemas"]["RootCause"][];
            /** @description false: there is more above than was looked at */
            isComplete: boolean;
        } | {
            /** @constant */
            kind: "child";
            /** @description for people */
            sentence: string;
            pipelineId: number;
            pipeline: string;
            /** @enum {string} */
            pipelineState: "RUNNING" | "PAUSED" | "FINISH" | "FAILED" | "CANCELLED";
            /** @description why that one has not ended */
            reasons: string[];
            /** @description since when */
            since: string | null;
        } | {
            /** @constant */
            kind: "running";
            /** @description for people */
            sentence: string;
            worker: string | null;
            attempt: number;
            /** @description since when */
            since: string | null;
            leaseUntil: string | null;
            cancelRequestedAt: string | null;
            /** @description the last that it printed */
            lastLine: string | null;
        } | {
            /** @constant */
            kind: "ended";
            /** @description for people */
            sentence: string;
            reason: string | null;
            detail: string | null;
            exitCode: number | null;
            /** @description whose doing it was; null: the flow */
            actor: string | null;
            /** @description why, as that person said */
            comment: string | null;
            /** @description the tracks above it that are the cause */
            because: components["schemas"]["TrackReference"][];
            at: string | null;
        };
        CheckResult: {
            id: number;
            name: string;
            version: number;
            /** @description it passed: it may start */
            checked: boolean;
            /** @description all that keeps it from starting */
            problems: components["schemas"]["Problem"][];
        };
        ChoiceDetails: {
            /** @description the choice offered first: `next` of the vertex */
            offered: string[];
            /** @description what may be chosen; of more than 1000 the first */
            successors: string[];
        };
        Claim: {
            trackId: number;
            attempt: number;
            runId: string;
            /** @description there is no free slot for it yet; false where absent */
            isAhead?: boolean;
        };
        ClaimedRun: {
            trackId: number;
            attempt: number;
            pipelineId: number;
            pipeline: string;
            vertexId: number;
            vertex: string;
            graph: string;
            script: string;
            /** @description null: /bin/sh -e, or what the #! line says */
            shell: string | null;
            environment: {
                [key: string]: string;
            };
            timeoutMs: number | null;
            graceMs: number | null;
            maxOutputBytes: number | null;
            /** @description for the file $BATON_INPUTS: {params, outputs: {vertex: {key: text}}}; null: there is none */
            inputs: string | null;
            /** @description signs the completion */
            completionKey: string;
            /** @description not null: run nothing, report spawn_error with this detail */
            refusal: string | null;
        };
        DueTime: {
            /** Format: date-time */
            dueAt: string;
            /** @enum {string} */
            state: "started" | "queued" | "skipped" | "missed" | "failed";
            /** @description set exactly where it was started */
            pipelineId: number | null;
            /** @description a person asked for it afterwards */
            isBackfill: boolean;
            /** @description why it is so, for people */
            detail: string | null;
            /** Format: date-time */
            decidedAt: string;
        };
        Edge: {
            id: number;
            tail: string;
            /** @description may run only after tail */
            head: string;
            /** @description a condition in CEL; false: this way is not taken */
            when: string | null;
        };
        EdgeDocument: [
            string,
            string
        ] | {
            tail: string;
            head: string;
            /** @description a condition in CEL; false: this way is not taken */
            when?: string | null;
        };
        Examination: {
            /**
             * Format: date-time
             * @description by the database's clock
             */
            at: string;
            mysql: {
                version: string;
                settings: {
                    [key: string]: string;
                };
                session: {
                    sqlMode: string;
                    isolation: string;
                    timeZone: string;
                };
            };
            /** @description null: away, or it does not say */
            redis: {
                server: string;
                evictionPolicy: string | null;
                persistence: ("aof" | "snapshots" | "none") | null;
                usedBytes: number;
                /** @description 0: no limit */
                limitBytes: number;
            } | null;
            /** @description null: Redis is away */
            queues: {
                name: string;
                waiting: number;
                parked: number;
            }[] | null;
            /** @description those that are alive */
            processes: components["schemas"]["Process"][];
            /** @description the worst first; none in a healthy installation */
            findings: components["schemas"]["Finding"][];
        };
        FieldChange: {
            field: string;
            before: components["schemas"]["JsonValue"];
            after: components["schemas"]["JsonValue"];
        };
        Finding: {
            /** @enum {string} */
            code: "mysql_too_old" | "mysql_not_durable" | "mysql_binlog_not_synced" | "mysql_no_doublewrite" | "mysql_multi_writer" | "mysql_read_only" | "mysql_not_strict" | "mysql_isolation" | "mysql_time_zone" | "redis_away" | "redis_refuses_writes" | "redis_too_old" | "redis_evicts" | "redis_replica" | "redis_disk" | "redis_full" | "redis_no_password" | "redis_not_persistent" | "clock_skew" | "mixed_versions" | "leases_differ" | "reconcile_too_seldom" | "no_orchestrator" | "no_worker" | "labels_not_served" | "weak_isolation" | "completions_kept" | "lease_overdue" | "track_overdue" | "track_not_due" | "track_not_claimed" | "pipeline_stranded" | "counters_wrong" | "key_missing" | "limit_rows_left_over" | "messages_parked" | "queue_paused" | "completions_late" | "repairs_made" | "unknown_completions_seen" | "consumers_renewed";
            /**
             * @description error: a promise does not hold, or will not; warning: one may not under a fault, or somebody waits
             * @enum {string}
             */
            severity: "error" | "warning" | "note";
            found: string;
            /** @description what to do */
            advice: string;
        };
        Gate: {
            /** @description token:<name> or role:<name>; absent or empty: whoever may operate */
            approvers?: string[];
            /** @description what the approver fills in, declared like parameters: parameters of the vertex from then on */
            form?: {
                [key: string]: components["schemas"]["ParameterDeclaration"];
            } | null;
            /** @description what the approver is asked */
            message?: string | null;
            /** @description decided by onExpiry after so many ms; absent: never */
            expiresMs?: number | null;
            /**
             * @description absent: reject
             * @enum {string}
             */
            onExpiry?: "approve" | "reject";
            /**
             * @description what a rejected track becomes: SKIPPED or FAILED; absent: skip
             * @enum {string}
             */
            onReject?: "skip" | "fail";
            /** @description whoever started the pipeline may not decide; absent: false */
            forbidSelfApproval?: boolean;
        };
        GateDetails: {
            /** @description what the approver is asked */
            message: string | null;
            /** @description what the approver fills in: `params` of the approval */
            form: {
                [key: string]: components["schemas"]["ParameterDeclaration"];
            };
            /** @description `token:<name>` or `role:<name>`; empty: every token with the scope operate */
            approvers: string[];
            /** @description whoever started the pipeline, or ran it again, may not decide */
            forbidSelfApproval: boolean;
            /** @enum {string} */
            onExpiry: "approve" | "reject";
            /** @description while it awaits approval; null: it never expires */
            expiresAt: string | null;
        };
        Graph: {
            id: number;
            name: string;
            version: number;
            latestVersion: number;
            description: string | null;
            onFailure: ("stop" | "kill" | "continue" | "hold") | null;
            /** @description of a whole pipeline */
            timeoutMs: number | null;
            /** @description so many tracks at once, over all pipelines of the graph */
            limit: number | null;
            /** @description this version passed the check since its last edit: it may start */
            checked: boolean;
            checkedAt: string | null;
            /** @description a pipeline has used this version: it never changes; an edit makes the next */
            sealed: boolean;
            sealedAt: string | null;
            /**
             * Format: date-time
             * @description of the graph
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description of the graph
             */
            updatedAt: string;
            vertices: components["schemas"]["Vertex"][];
            edges: components["schemas"]["Edge"][];
        };
        GraphDiff: {
            /** @description of the graph */
            id: number;
            graph: string;
            from: number;
            to: number;
            /** @description as in documents; null: the default */
            header: components["schemas"]["FieldChange"][];
            vertices: {
                added: {
                    id: number;
                    name: string;
                }[];
                removed: {
                    id: number;
                    name: string;
                }[];
                changed: {
                    id: number;
                    name: string;
                    /** @description as in documents; null: the default */
                    fields: components["schemas"]["FieldChange"][];
                }[];
            };
            edges: {
                added: {
                    tail: string;
                    head: string;
                    when: string | null;
                }[];
                removed: {
                    tail: string;
                    head: string;
                    when: string | null;
                }[];
                changed: {
                    tail: string;
                    head: string;
                    /** @description as in documents; null: the default */
                    fields: components["schemas"]["FieldChange"][];
                }[];
            };
        };
        GraphDocument: {
            /** @description A graph's name: 1 to 190 characters, no control characters, no white space around it, not only digits, not ending in @ and digits */
            name: string;
            description?: string | null;
            /** @description of pipelines whose start names none */
            onFailure?: ("stop" | "kill" | "continue" | "hold") | null;
            /** @description of a whole pipeline, ms; then it is FAILED */
            timeoutMs?: number | null;
            /** @description so many tracks at once, over all pipelines of the graph */
            limit?: number | null;
            vertices?: components["schemas"]["VertexDocument"][];
            edges?: components["schemas"]["EdgeDocument"][];
        };
        GraphSummary: {
            id: number;
            name: string;
            version: number;
            latestVersion: number;
            description: string | null;
            onFailure: ("stop" | "kill" | "continue" | "hold") | null;
            /** @description of a whole pipeline */
            timeoutMs: number | null;
            /** @description so many tracks at once, over all pipelines of the graph */
            limit: number | null;
            /** @description this version passed the check since its last edit: it may start */
            checked: boolean;
            checkedAt: string | null;
            /** @description a pipeline has used this version: it never changes; an edit makes the next */
            sealed: boolean;
            sealedAt: string | null;
            /**
             * Format: date-time
             * @description of the graph
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description of the graph
             */
            updatedAt: string;
        };
        HeardRun: {
            trackId: number;
            attempt: number;
            runId: string;
        };
        HistoryEvent: {
            id: number;
            /** Format: date-time */
            at: string;
            /** @description a person's action (pause, choose, approve, rerun, ...), or start, flow, claim, release, child */
            kind: string;
            /** @description the token's name; null: the flow itself */
            actor: string | null;
            /** @description as the person says */
            reason: string | null;
            /** @description values after it, as `pipeline`, `tracks`, `attempts`; what did not change is absent; parameter values are hidden */
            changes: {
                [key: string]: components["schemas"]["JsonValue"];
            };
        };
        InboxItem: {
            trackId: number;
            vertex: string;
            pipelineId: number;
            /** @description the pipeline's name */
            pipeline: string;
            /** @description the graph's name */
            graph: string;
            /** @description who started the pipeline */
            createdBy: string;
            /**
             * @description what has to be given
             * @enum {string}
             */
            kind: "params" | "approval" | "choice" | "decision";
            /** @enum {string} */
            state: "WAITING" | "PENDING" | "RUNNING" | "SUCCEED" | "FAILED" | "SKIPPED" | "CANCELLED";
            attempt: number;
            exitCode: number | null;
            /** @description of a decision: why the track ended so */
            reason: string | null;
            detail: string | null;
            since: string | null;
            /** @description its gate ends then, with its default */
            expiresAt: string | null;
            /** @description what the approver is asked */
            message: string | null;
            /** @description who may decide: `token:<name>` or `role:<name>`; empty: every token with the scope operate */
            approvers: string[];
            /** @description whether the token of this call may decide */
            me: boolean;
            /** @description what has to be filled in, for params and approval */
            form: {
                [key: string]: components["schemas"]["ParameterDeclaration"];
            };
            /** @description what may be chosen, for choice */
            choice: components["schemas"]["ChoiceDetails"] | null;
        };
        /** @description Any JSON value. */
        JsonValue: unknown;
        LackingWorker: {
            id: string;
            name: string;
            labels: string[];
            /** @description labels that it does not serve */
            lacks: string[];
            /** @description takes nothing more */
            isDraining: boolean;
            /** @description why it takes nothing for now, such as a full disk */
            problem: string | null;
        };
        LastAction: {
            /** @description choose, approve, reject, skip, ... */
            kind: string;
            /** @description the token's name */
            actor: string | null;
            reason: string | null;
            /** Format: date-time */
            at: string;
        };
        LimitHolder: {
            trackId: number;
            vertex: string;
            pipelineId: number;
            pipeline: string;
            /** Format: date-time */
            since: string;
        };
        Map: {
            /** @description a json parameter of the vertex, or an output vertex.key whose text is a JSON list */
            over: string;
            /** @description the declared parameter that gets the item; absent: item */
            as?: string;
            /** @description so many items at once; absent: all */
            concurrency?: number | null;
            /** @description of the items; absent: 100 */
            minSuccessPercent?: number;
        };
        OutputChunk: {
            trackId: number;
            attempt: number;
            runId: string;
            seq: number;
            /** @description base64 */
            data: string;
        };
        ParameterDeclaration: {
            /**
             * @description absent: string
             * @enum {string}
             */
            type?: "str" | "string" | "int" | "integer" | "float" | "number" | "bool" | "boolean" | "json";
            /** @description absent: false */
            required?: boolean;
            /** @description used where the start request gives no value */
            default?: unknown;
            /** @description the only values allowed */
            choices?: unknown[] | null;
            /** @description RE2 syntax; the whole text must match */
            pattern?: string | null;
            /** @description least value; of a string: least number of characters */
            min?: number | null;
            /** @description greatest value; of a string: greatest number of characters */
            max?: number | null;
            /** @description never written into scripts or shown */
            secret?: boolean;
            description?: string | null;
        };
        Pipeline: {
            id: number;
            graphId: number;
            /** @description the graph's name */
            graph: string;
            version: number;
            name: string;
            /** @enum {string} */
            mode: "auto" | "manual";
            /** @enum {string} */
            onFailure: "stop" | "kill" | "continue" | "hold";
            priority: number;
            /** @enum {string} */
            state: "RUNNING" | "PAUSED" | "FINISH" | "FAILED" | "CANCELLED";
            /** @description why it ended so */
            reason: string | null;
            totalTracks: number;
            /** @description tracks that have not ended, and those that await a person */
            openTracks: number;
            createdBy: string;
            /** @description the track that runs it; null: it was started by itself */
            parentTrackId: number | null;
            /** @description FAILED if it has not ended by then */
            deadlineAt: string | null;
            /** @description of the schedule that started it; it may be gone by now */
            scheduleId: number | null;
            /** @description the due time that it was started for */
            scheduledFor: string | null;
            /** Format: date-time */
            createdAt: string;
            finishedAt: string | null;
            /** @description as given; secrets are *** */
            params: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            counts: {
                WAITING: number;
                PENDING: number;
                RUNNING: number;
                SUCCEED: number;
                FAILED: number;
                SKIPPED: number;
                CANCELLED: number;
            };
        };
        PipelineSummary: {
            id: number;
            graphId: number;
            /** @description the graph's name */
            graph: string;
            version: number;
            name: string;
            /** @enum {string} */
            mode: "auto" | "manual";
            /** @enum {string} */
            onFailure: "stop" | "kill" | "continue" | "hold";
            priority: number;
            /** @enum {string} */
            state: "RUNNING" | "PAUSED" | "FINISH" | "FAILED" | "CANCELLED";
            /** @description why it ended so */
            reason: string | null;
            totalTracks: number;
            /** @description tracks that have not ended, and those that await a person */
            openTracks: number;
            createdBy: string;
            /** @description the track that runs it; null: it was started by itself */
            parentTrackId: number | null;
            /** @description FAILED if it has not ended by then */
            deadlineAt: string | null;
            /** @description of the schedule that started it; it may be gone by now */
            scheduleId: number | null;
            /** @description the due time that it was started for */
            scheduledFor: string | null;
            /** Format: date-time */
            createdAt: string;
            finishedAt: string | null;
        };
        PipelineWhy: {
            pipelineId: number;
            pipeline: string;
            /** @enum {string} */
            state: "RUNNING" | "PAUSED" | "FINISH" | "FAILED" | "CANCELLED";
            sentence: string;
            /** @description tracks that hold the whole, by what holds them; the group that counts first */
            groups: {
                /** @enum {string} */
                kind: "params" | "approval" | "choice" | "decision" | "paused" | "no_worker" | "limit" | "not_queued" | "retry" | "queue" | "predecessors" | "child" | "running" | "ended";
                count: number;
                sentence: string;
                /** @description of many the first */
                tracks: components["schemas"]["TrackReference"][];
            }[];
            /** @description false: so many hold it that not all were counted */
            isComplete: boolean;
        };
        Pool: {
            name: string;
            /** @description so many tracks at once; 0: none starts */
            limit: number;
            /** @description tracks that run in it; more than the limit after it was lowered */
            running: number;
            /** @description tracks that asked for a place in it and wait for one */
            waiting: number;
        };
        Problem: {
            /** @description stable, for programs; e.g. cycle */
            code: string;
            /** @description what was expected, what was found */
            message: string;
            /** @description JSON pointer into the body or document */
            pointer?: string;
            /** @description names of the vertices concerned */
            vertices?: string[];
            line?: number;
            column?: number;
        };
        ProblemDocument: {
            type: string;
            title: string;
            status: number;
            detail: string;
            instance: string;
            /** @description stable, for programs; docs/errors.md lists them all */
            code: string;
            requestId: string;
            /** @description everything that is wrong, at once; of more than 1000 the first */
            problems: components["schemas"]["Problem"][];
        };
        Process: {
            id: string;
            /** @enum {string} */
            kind: "api" | "orchestrator" | "worker";
            host: string;
            pid: number;
            softwareVersion: string;
            /** Format: date-time */
            startedAt: string;
            /** Format: date-time */
            seenAt: string;
            /** @description how far its clock is ahead of the database's */
            clockSkewMs: number;
            settings: {
                [key: string]: number | string;
            };
            /** @description since its start; as in /metrics */
            counters: {
                [key: string]: number;
            };
        };
        RerunPipeline: {
            id: number;
            graphId: number;
            /** @description the graph's name */
            graph: string;
            version: number;
            name: string;
            /** @enum {string} */
            mode: "auto" | "manual";
            /** @enum {string} */
            onFailure: "stop" | "kill" | "continue" | "hold";
            priority: number;
            /** @enum {string} */
            state: "RUNNING" | "PAUSED" | "FINISH" | "FAILED" | "CANCELLED";
            /** @description why it ended so */
            reason: string | null;
            totalTracks: number;
            /** @description tracks that have not ended, and those that await a person */
            openTracks: number;
            createdBy: string;
            /** @description the track that runs it; null: it was started by itself */
            parentTrackId: number | null;
            /** @description FAILED if it has not ended by then */
            deadlineAt: string | null;
            /** @description of the schedule that started it; it may be gone by now */
            scheduleId: number | null;
            /** @description the due time that it was started for */
            scheduledFor: string | null;
            /** Format: date-time */
            createdAt: string;
            finishedAt: string | null;
            /** @description as given; secrets are *** */
            params: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            counts: {
                WAITING: number;
                PENDING: number;
                RUNNING: number;
                SUCCEED: number;
                FAILED: number;
                SKIPPED: number;
                CANCELLED: number;
            };
            /** @description null: the same request had been done before */
            plan: components["schemas"]["RerunPlan"] | null;
        };
        RerunPlan: {
            /** @description of the graph */
            version: {
                from: number;
                to: number;
            };
            totalTracks: number;
            /** @description what runs again or for the first time; of more than 1000 the first */
            tracks: {
                vertexId: number;
                vertex: string;
                /** @description the number of its next attempt */
                attempt: number;
                /** @description its vertex is new in this version */
                isNew: boolean;
                /** @description what differs from before: script, edges, policies, `params.<name>` */
                changes: string[];
            }[];
        };
        RetryPolicy: {
            /** @description how many more attempts after the first */
            max: number;
            /**
             * @description wait before the first retry, ms
             * @default 0
             */
            delayMs: number;
            /**
             * @description each further wait is this much longer
             * @default 1
             */
            factor: number;
            /**
             * @description no wait is longer, ms
             * @default 3600000
             */
            maxDelayMs: number;
            /**
             * @description share of each wait that is random, 0 to 1
             * @default 0
             */
            jitter: number;
            /** @description only these exit codes; absent: all */
            exitCodes?: number[];
            /** @description only these */
            reasons?: ("exit_code" | "signal" | "timeout" | "spawn_error" | "child_failed")[];
            /** @description no retry starts later than this after the first attempt, ms */
            totalMs?: number;
        };
        RootCause: {
            trackId: number;
            vertex: string;
            /** @enum {string} */
            state: "WAITING" | "PENDING" | "RUNNING" | "SUCCEED" | "FAILED" | "SKIPPED" | "CANCELLED";
            /**
             * @description what holds that track
             * @enum {string}
             */
            kind: "params" | "approval" | "choice" | "decision" | "paused" | "no_worker" | "limit" | "not_queued" | "retry" | "queue" | "predecessors" | "child" | "running" | "ended";
            sentence: string;
        };
        RunOutputs: {
            trackId: number;
            attempt: number;
            runId: string;
            values: {
                [key: string]: string;
            };
        };
        SavedGraph: {
            id: number;
            name: string;
            version: number;
            latestVersion: number;
            description: string | null;
            onFailure: ("stop" | "kill" | "continue" | "hold") | null;
            /** @description of a whole pipeline */
            timeoutMs: number | null;
            /** @description so many tracks at once, over all pipelines of the graph */
            limit: number | null;
            /** @description this version passed the check since its last edit: it may start */
            checked: boolean;
            checkedAt: string | null;
            /** @description a pipeline has used this version: it never changes; an edit makes the next */
            sealed: boolean;
            sealedAt: string | null;
            /**
             * Format: date-time
             * @description of the graph
             */
            createdAt: string;
            /**
             * Format: date-time
             * @description of the graph
             */
            updatedAt: string;
            vertices: components["schemas"]["Vertex"][];
            edges: components["schemas"]["Edge"][];
            /** @enum {string} */
            change: "created" | "replaced" | "next_version" | "unchanged";
            /** @description all that keeps it from starting */
            problems: components["schemas"]["Problem"][];
        };
        Schedule: {
            id: number;
            name: string;
            cron: string;
            timeZone: string;
            /** @description as it was given: id, name, or "name@version" */
            graph: string;
            /** @description null: the schedule's name */
            pipelineName: string | null;
            /** @description as given; secrets are *** */
            params: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            mode: ("auto" | "manual") | null;
            onFailure: ("stop" | "kill" | "continue" | "hold") | null;
            priority: number | null;
            timeoutMs: number | null;
            /** @enum {string} */
            overlap: "allow" | "queue" | "skip" | "replace";
            catchUpLimit: number;
            /** @description null: it is not paused */
            pausedAt: string | null;
            /** @description the next 5 that come by themselves, fewer where years are between them; none while it is paused */
            nextDueTimes: string[];
            /** @description why the last due time could not be started; null: it could */
            lastError: string | null;
            createdBy: string;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        SchedulePatch: {
            /** @description no other schedule has it; not only digits */
            name?: string;
            /** @description minute, hour, day of the month, month, day of the week; or @daily, @hourly, @weekly, @monthly, @yearly */
            cron?: string;
            /** @description IANA, such as Europe/Berlin; absent: UTC */
            timeZone?: string | null;
            /** @description id, name, or "name@version"; without a version the latest */
            graph?: number | string;
            /** @description of its pipelines; absent: the schedule's */
            pipelineName?: string | null;
            params?: {
                [key: string]: components["schemas"]["JsonValue"];
            } | null;
            mode?: ("auto" | "manual") | null;
            onFailure?: ("stop" | "kill" | "continue" | "hold") | null;
            priority?: number | null;
            timeoutMs?: number | null;
            /** @description what happens at a due time while a pipeline of it still runs; absent: queue */
            overlap?: ("allow" | "queue" | "skip" | "replace") | null;
            /** @description so many due times that nobody was there for are started afterwards, the newest; absent: 1 */
            catchUpLimit?: number | null;
        };
        ScheduleRequest: {
            /** @description no other schedule has it; not only digits */
            name: string;
            /** @description minute, hour, day of the month, month, day of the week; or @daily, @hourly, @weekly, @monthly, @yearly */
            cron: string;
            /** @description IANA, such as Europe/Berlin; absent: UTC */
            timeZone?: string | null;
            /** @description id, name, or "name@version"; without a version the latest */
            graph: number | string;
            /** @description of its pipelines; absent: the schedule's */
            pipelineName?: string | null;
            params?: {
                [key: string]: components["schemas"]["JsonValue"];
            } | null;
            mode?: ("auto" | "manual") | null;
            onFailure?: ("stop" | "kill" | "continue" | "hold") | null;
            priority?: number | null;
            timeoutMs?: number | null;
            /** @description what happens at a due time while a pipeline of it still runs; absent: queue */
            overlap?: ("allow" | "queue" | "skip" | "replace") | null;
            /** @description so many due times that nobody was there for are started afterwards, the newest; absent: 1 */
            catchUpLimit?: number | null;
        };
        ScriptForm: {
            script: string;
            /** @description the choice offered first in manual mode: vertex ids or names */
            next?: ((number | string) | (number | string)[]) | null;
        };
        SimulateRequest: {
            /** @description absent: the latest */
            version?: number;
            /**
             * @description absent: auto
             * @enum {string}
             */
            mode?: "auto" | "manual";
            /**
             * @description absent: the graph's, else stop
             * @enum {string}
             */
            onFailure?: "stop" | "kill" | "continue" | "hold";
            /** @description as at a start */
            params?: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            /** @description of the whole pipeline; absent: the graph's */
            timeoutMs?: number;
            /** @description scripts that run at once; absent: as many as may */
            slots?: number;
            /** @description by vertex: how its attempts end, and what persons say; a vertex that is not named succeeds */
            outcomes?: {
                [key: string]: components["schemas"]["VertexOutcome"];
            };
        };
        Simulation: {
            /** @enum {string} */
            state: "RUNNING" | "PAUSED" | "FINISH" | "FAILED" | "CANCELLED";
            reason: string | null;
            /** @description from the start to the last end */
            makespanMs: number;
            tracks: {
                vertexId: number;
                vertex: string;
                /** @enum {string} */
                state: "WAITING" | "PENDING" | "RUNNING" | "SUCCEED" | "FAILED" | "SKIPPED" | "CANCELLED";
                reason: string | null;
                detail: string | null;
                awaits: ("params" | "approval" | "choice" | "decision") | null;
                /** @description how many were started */
                attempts: number;
            }[];
            /** @description in the order of their starts */
            timeline: {
                vertexId: number;
                vertex: string;
                attempt: number;
                /** @description from the start of the pipeline */
                startMs: number;
                endMs: number;
                /** @enum {string} */
                result: "succeed" | "fail" | "timeout" | "lost" | "cancelled";
            }[];
            /** @description the vertices that the makespan is made of, first to last */
            criticalPath: string[];
            /** @description persons that it waits for in the end; empty unless it is RUNNING */
            waitsFor: {
                vertex: string;
                /** @enum {string} */
                awaits: "params" | "approval" | "choice" | "decision";
            }[];
        };
        StartRequest: {
            /** @description id, name, or "name@version"; without a version the latest */
            graph: number | string;
            /** @description absent: the graph's name */
            name?: string;
            /** @description values by parameter, or by "vertex.parameter" */
            params?: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            /**
             * @description absent: auto
             * @enum {string}
             */
            mode?: "auto" | "manual";
            /**
             * @description absent: the graph's, else stop
             * @enum {string}
             */
            onFailure?: "stop" | "kill" | "continue" | "hold";
            /** @description higher starts sooner; absent: 0 */
            priority?: number;
            /** @description FAILED if it lasts longer; absent: the graph's */
            timeoutMs?: number;
        };
        SubPipeline: {
            /** @description name, or name@version; without a version the latest at the time of the start */
            graph: string;
            /** @description values for its start; texts may hold {parameter} and {vertex.key} */
            params?: {
                [key: string]: unknown;
            };
            /** @description outputs of this vertex, each from an output vertex.key of the other graph */
            outputs?: {
                [key: string]: string;
            };
        };
        Token: {
            id: string;
            name: string;
            scopes: ("admin" | "operate" | "submit" | "read" | "worker")[];
            /** @description gates may name them as approvers: `role:<name>` */
            roles: string[];
            createdBy: string;
            /** Format: date-time */
            createdAt: string;
            expiresAt: string | null;
            revokedAt: string | null;
            /** @description to the minute */
            lastUsedAt: string | null;
        };
        Track: {
            id: number;
            pipelineId: number;
            /** @description the pipeline's name */
            pipeline: string;
            /** @enum {string} */
            pipelineState: "RUNNING" | "PAUSED" | "FINISH" | "FAILED" | "CANCELLED";
            vertexId: number;
            vertex: string;
            /** @enum {string} */
            state: "WAITING" | "PENDING" | "RUNNING" | "SUCCEED" | "FAILED" | "SKIPPED" | "CANCELLED";
            /** @description the current attempt, or the next while it waits */
            attempt: number;
            /** @description what a person has to give before it goes on */
            awaits: ("params" | "approval" | "choice" | "decision") | null;
            /** @description its vertex's gate; null: it has none */
            gate: components["schemas"]["GateDetails"] | null;
            gateDecision: ("approved" | "rejected") | null;
            /** @description while it awaits a choice */
            choice: components["schemas"]["ChoiceDetails"] | null;
            /** @description the successors that it went on with; null: all, or not yet */
            chosen: string[] | null;
            exitCode: number | null;
            /** @description why it ended so */
            reason: string | null;
            /** @description more about the reason */
            detail: string | null;
            /** @description the pipeline that it runs, or ran last */
            childPipelineId: number | null;
            /** @description parameter values; secrets are *** */
            input: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            /** @description as a worker gets it; as the graph has it while values are missing */
            script: string;
            worker: string | null;
            pendingAt: string | null;
            /** @description its next attempt is delayed until then */
            notBefore: string | null;
            /** @description its gate, or its wait for a worker, ends then */
            expiresAt: string | null;
            startedAt: string | null;
            finishedAt: string | null;
        };
        TrackDetails: {
            id: number;
            pipelineId: number;
            /** @description the pipeline's name */
            pipeline: string;
            /** @enum {string} */
            pipelineState: "RUNNING" | "PAUSED" | "FINISH" | "FAILED" | "CANCELLED";
            vertexId: number;
            vertex: string;
            /** @enum {string} */
            state: "WAITING" | "PENDING" | "RUNNING" | "SUCCEED" | "FAILED" | "SKIPPED" | "CANCELLED";
            /** @description the current attempt, or the next while it waits */
            attempt: number;
            /** @description what a person has to give before it goes on */
            awaits: ("params" | "approval" | "choice" | "decision") | null;
            /** @description its vertex's gate; null: it has none */
            gate: components["schemas"]["GateDetails"] | null;
            gateDecision: ("approved" | "rejected") | null;
            /** @description while it awaits a choice */
            choice: components["schemas"]["ChoiceDetails"] | null;
            /** @description the successors that it went on with; null: all, or not yet */
            chosen: string[] | null;
            exitCode: number | null;
            /** @description why it ended so */
            reason: string | null;
            /** @description more about the reason */
            detail: string | null;
            /** @description the pipeline that it runs, or ran last */
            childPipelineId: number | null;
            /** @description parameter values; secrets are *** */
            input: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            /** @description as a worker gets it; as the graph has it while values are missing */
            script: string;
            worker: string | null;
            pendingAt: string | null;
            /** @description its next attempt is delayed until then */
            notBefore: string | null;
            /** @description its gate, or its wait for a worker, ends then */
            expiresAt: string | null;
            startedAt: string | null;
            finishedAt: string | null;
            cancelRequestedAt: string | null;
            /** @description what a person did to it last; null: nothing */
            lastAction: components["schemas"]["LastAction"] | null;
            /** @description oldest first */
            attempts: components["schemas"]["Attempt"][];
            /** @description reports that came too late or twice, and changed nothing */
            staleCompletions: number;
        };
        TrackOutputs: {
            trackId: number;
            /** @description whose values these are */
            attempt: number;
            /** @description what its script wrote to $BATON_OUTPUT; *** where that is a secret parameter's value */
            outputs: {
                [key: string]: string;
            };
        };
        TrackReference: {
            trackId: number;
            vertex: string;
            /** @enum {string} */
            state: "WAITING" | "PENDING" | "RUNNING" | "SUCCEED" | "FAILED" | "SKIPPED" | "CANCELLED";
        };
        TrackWhy: {
            trackId: number;
            vertex: string;
            /** @enum {string} */
            state: "WAITING" | "PENDING" | "RUNNING" | "SUCCEED" | "FAILED" | "SKIPPED" | "CANCELLED";
            pipelineId: number;
            /** @description the one that counts, for people */
            sentence: string;
            /** @description all that hold it, the one that counts first */
            blockers: components["schemas"]["Blocker"][];
        };
        Vertex: {
            /** @description A vertex's name: 1 to 190 characters, no control characters, no white space around it, not only digits, no / */
            name: string;
            description?: string | null;
            input?: ({
                [key: string]: components["schemas"]["ParameterDeclaration"];
            } | string) | null;
            /** @description absent exactly where pipeline is given */
            script?: (string | components["schemas"]["ScriptForm"]) | null;
            /** @description the choice offered first in manual mode: vertex ids or names */
            next?: ((number | string) | (number | string)[]) | null;
            /** @description absent: /bin/sh -e or the #! line */
            shell?: string | null;
            /**
             * @description absent: none_failed_min_one_success
             * @enum {string}
             */
            join?: "all_success" | "all_failed" | "all_done" | "all_done_min_one_success" | "all_skipped" | "one_success" | "one_failed" | "one_done" | "none_failed" | "none_failed_min_one_success" | "none_skipped" | "always";
            /** @description the script is ended after so many ms */
            timeoutMs?: number | null;
            /** @description between TERM and KILL, ms */
            graceMs?: number | null;
            /** @description more attempts after a failure; absent: none */
            retry?: components["schemas"]["RetryPolicy"] | null;
            /**
             * @description what a vanished worker means; absent: fail
             * @enum {string}
             */
            onLost?: "fail" | "retry";
            /** @description a failure counts as success for the flow */
            allowFailure?: boolean;
            /** @description what a worker must serve to run it */
            labels?: string[];
            /** @description higher starts sooner */
            priority?: number;
            /** @description output kept, bytes */
            maxOutputBytes?: number | null;
            /**
             * @description a required parameter without a value: refuse the start, or ask
             * @enum {string}
             */
            onMissing?: "refuse" | "ask";
            /** @description a condition in CEL; false: the vertex is skipped */
            when?: string | null;
            /** @description a person's approval before it runs */
            gate?: components["schemas"]["Gate"] | null;
            /** @description one track an item of a JSON list */
            map?: components["schemas"]["Map"] | null;
            /** @description another graph that the vertex runs instead of a script */
            pipeline?: components["schemas"]["SubPipeline"] | null;
            /** @description so many of its tracks at once, over all pipelines of the graph */
            limit?: number | null;
            /** @description pools in which it holds a place while it runs */
            pools?: string[];
            /** @description it is FAILED when it waited so long for a worker, ms */
            queueTimeoutMs?: number | null;
            /** @description unique in the graph, the same in all its versions */
            id: number;
        };
        VertexDocument: {
            /** @description A vertex's name: 1 to 190 characters, no control characters, no white space around it, not only digits, no / */
            name: string;
            description?: string | null;
            input?: ({
                [key: string]: components["schemas"]["ParameterDeclaration"];
            } | string) | null;
            /** @description absent exactly where pipeline is given */
            script?: (string | components["schemas"]["ScriptForm"]) | null;
            /** @description the choice offered first in manual mode: vertex ids or names */
            next?: ((number | string) | (number | string)[]) | null;
            /** @description absent: /bin/sh -e or the #! line */
            shell?: string | null;
            /**
             * @description absent: none_failed_min_one_success
             * @enum {string}
             */
            join?: "all_success" | "all_failed" | "all_done" | "all_done_min_one_success" | "all_skipped" | "one_success" | "one_failed" | "one_done" | "none_failed" | "none_failed_min_one_success" | "none_skipped" | "always";
            /** @description the script is ended after so many ms */
            timeoutMs?: number | null;
            /** @description between TERM and KILL, ms */
            graceMs?: number | null;
            /** @description more attempts after a failure; absent: none */
            retry?: components["schemas"]["RetryPolicy"] | null;
            /**
             * @description what a vanished worker means; absent: fail
             * @enum {string}
             */
            onLost?: "fail" | "retry";
            /** @description a failure counts as success for the flow */
            allowFailure?: boolean;
            /** @description what a worker must serve to run it */
            labels?: string[];
            /** @description higher starts sooner */
            priority?: number;
            /** @description output kept, bytes */
            maxOutputBytes?: number | null;
            /**
             * @description a required parameter without a value: refuse the start, or ask
             * @enum {string}
             */
            onMissing?: "refuse" | "ask";
            /** @description a condition in CEL; false: the vertex is skipped */
            when?: string | null;
            /** @description a person's approval before it runs */
            gate?: components["schemas"]["Gate"] | null;
            /** @description one track an item of a JSON list */
            map?: components["schemas"]["Map"] | null;
            /** @description another graph that the vertex runs instead of a script */
            pipeline?: components["schemas"]["SubPipeline"] | null;
            /** @description so many of its tracks at once, over all pipelines of the graph */
            limit?: number | null;
            /** @description pools in which it holds a place while it runs */
            pools?: string[];
            /** @description it is FAILED when it waited so long for a worker, ms */
            queueTimeoutMs?: number | null;
        };
        VertexOutcome: {
            /**
             * @description absent: succeed
             * @enum {string}
             */
            result?: "succeed" | "fail" | "timeout" | "lost";
            /** @description of fail; absent: 1 */
            exitCode?: number;
            /** @description absent: 1000 */
            durationMs?: number;
            /** @description successors that the script names in $BATON_NEXT */
            chosen?: string[];
            /** @description what the script writes to $BATON_OUTPUT */
            outputs?: {
                [key: string]: string;
            };
            /** @description attempt by attempt, the last for all that follow; replaces the fields beside it */
            attempts?: components["schemas"]["AttemptOutcome"][];
            /**
             * @description absent: approve
             * @enum {string}
             */
            gate?: "approve" | "reject" | "wait";
            /** @description in manual mode; absent: `next` of the vertex, else all successors */
            choice?: "wait" | string[];
            /**
             * @description of a failure that is held; absent: wait
             * @enum {string}
             */
            decision?: "retry" | "skip" | "give_up" | "wait";
            /** @description so long after it is asked a person answers; absent: at once */
            afterMs?: number;
        };
        VertexPatch: {
            /** @description A vertex's name: 1 to 190 characters, no control characters, no white space around it, not only digits, no / */
            name?: string;
            description?: string | null;
            input?: ({
                [key: string]: components["schemas"]["ParameterDeclaration"];
            } | string) | null;
            /** @description absent exactly where pipeline is given */
            script?: (string | components["schemas"]["ScriptForm"]) | null;
            /** @description the choice offered first in manual mode: vertex ids or names */
            next?: ((number | string) | (number | string)[]) | null;
            /** @description absent: /bin/sh -e or the #! line */
            shell?: string | null;
            /**
             * @description absent: none_failed_min_one_success
             * @enum {string}
             */
            join?: "all_success" | "all_failed" | "all_done" | "all_done_min_one_success" | "all_skipped" | "one_success" | "one_failed" | "one_done" | "none_failed" | "none_failed_min_one_success" | "none_skipped" | "always";
            /** @description the script is ended after so many ms */
            timeoutMs?: number | null;
            /** @description between TERM and KILL, ms */
            graceMs?: number | null;
            /** @description more attempts after a failure; absent: none */
            retry?: components["schemas"]["RetryPolicy"] | null;
            /**
             * @description what a vanished worker means; absent: fail
             * @enum {string}
             */
            onLost?: "fail" | "retry";
            /** @description a failure counts as success for the flow */
            allowFailure?: boolean;
            /** @description what a worker must serve to run it */
            labels?: string[];
            /** @description higher starts sooner */
            priority?: number;
            /** @description output kept, bytes */
            maxOutputBytes?: number | null;
            /**
             * @description a required parameter without a value: refuse the start, or ask
             * @enum {string}
             */
            onMissing?: "refuse" | "ask";
            /** @description a condition in CEL; false: the vertex is skipped */
            when?: string | null;
            /** @description a person's approval before it runs */
            gate?: components["schemas"]["Gate"] | null;
            /** @description one track an item of a JSON list */
            map?: components["schemas"]["Map"] | null;
            /** @description another graph that the vertex runs instead of a script */
            pipeline?: components["schemas"]["SubPipeline"] | null;
            /** @description so many of its tracks at once, over all pipelines of the graph */
            limit?: number | null;
            /** @description pools in which it holds a place while it runs */
            pools?: string[];
            /** @description it is FAILED when it waited so long for a worker, ms */
            queueTimeoutMs?: number | null;
        };
        Worker: {
            id: string;
            name: string;
            host: string;
            pid: number;
            softwareVersion: string;
            /** @description how sure it is that nothing of a script stays behind */
            isolationLevel: string;
            labels: string[];
            /** @description scripts that it runs at once */
            slots: number;
            /** @description takes nothing more */
            isDraining: boolean;
            /** @description why it takes nothing for now although it lives, such as a full disk; null: it does */
            problem: string | null;
            isAlive: boolean;
            /** Format: date-time */
            startedAt: string;
            /**
             * Format: date-time
             * @description last heartbeat
             */
            seenAt: string;
            running: {
                trackId: number;
                attempt: number;
                pipelineId: number;
                pipeline: string;
                vertex: string;
                /** Format: date-time */
                startedAt: string;
            }[];
        };
        WorkerReport: {
            id: string;
            name: string;
            host: string;
            pid: number;
            softwareVersion: string;
            isolationLevel: string;
            /** @description what the worker serves; `default` for vertices without labels */
            labels: string[];
            slots: number;
            isDraining: boolean;
            /** @description why it takes nothing more although it lives; absent: it does */
            problem?: string;
            /** Format: date-time */
            startedAt: string;
        };
        WorkerRun: {
            trackId: number;
            attempt: number;
            runId: string;
        };
        WorkerStatus: {
            workerId: string;
            host: string;
            pid: number;
            softwareVersion: string;
            uptimeMs: number;
            /**
             * Format: date-time
             * @description its wall clock as it sends this
             */
            clock: string;
            /** @description completions on its disk that are not known to be applied */
            kept: number;
            oldestKeptMs: number;
            counters: {
                [key: string]: number;
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export interface operations {
    getRoot: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getOpenapiJson: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: components["schemas"]["JsonValue"];
                    };
                };
            };
            /** @description `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getDocs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            /** @description `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getDocsByFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file: "swagger-ui.css" | "swagger-ui-bundle.js" | "favicon-32x32.png" | "start.js";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/css": string;
                    "text/javascript": string;
                    "image/png": string;
                };
            };
            /** @description `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In its text format. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getHealthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                    };
                };
            };
            /** @description `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getReadyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They would. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ready" | "unavailable";
                        /** @enum {string} */
                        database: "ready" | "unavailable" | "not_migrated";
                        /**
                         * @description unless it is ready, starts are accepted and enqueued later; refuses_writes: full, no disk, or a replica
                         * @enum {string}
                         */
                        redis: "ready" | "refuses_writes" | "unavailable";
                    };
                };
            };
            /** @description `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description They would not. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ready" | "unavailable";
                        /** @enum {string} */
                        database: "ready" | "unavailable" | "not_migrated";
                        /**
                         * @description unless it is ready, starts are accepted and enqueued later; refuses_writes: full, no disk, or a replica
                         * @enum {string}
                         */
                        redis: "ready" | "refuses_writes" | "unavailable";
                    };
                };
            };
        };
    };
    getDoctor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found, with what to do. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Examination"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getGraphs: {
        parameters: {
            query?: {
                /** @description how the name begins */
                name?: string;
                limit?: number;
                /** @description the nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    /** @description rel="next": the next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["GraphSummary"][];
                        /** @description null: the last page */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postGraphs: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and body again give the first answer; kept for at least 24 hours */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GraphDocument"];
                "application/yaml": components["schemas"]["GraphDocument"];
            };
        };
        responses: {
            /** @description It is made; problems name what keeps it from starting. */
            201: {
                headers: {
                    /** @description the graph */
                    Location?: string;
                    /** @description true: it was made before */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedGraph"];
                };
            };
            /** @description `malformed_json`: The text is not JSON; `malformed_yaml`: The text is not YAML */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_name_taken`: Another graph has this name; `idempotency_key_in_use`: A request with this Idempotency-Key is under way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_graph`: The graph document has problems; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postGraphsCheck: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description What the check found of each. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["CheckResult"][];
                    };
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getGraphsByGraph: {
        parameters: {
            query?: {
                /** @description absent: the latest */
                version?: number;
            };
            header?: never;
            path: {
                /** @description id or name */
                graph: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The graph. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Graph"];
                    "application/yaml": string;
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_not_found`: No such graph */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    putGraphsByGraph: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name */
                graph: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GraphDocument"];
                "application/yaml": components["schemas"]["GraphDocument"];
            };
        };
        responses: {
            /** @description It is saved; change says how. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedGraph"];
                };
            };
            /** @description `malformed_json`: The text is not JSON; `malformed_yaml`: The text is not YAML */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_not_found`: No such graph */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_graph`: The graph document has problems; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postGraphsByGraphVersions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name */
                graph: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description The latest version is not sealed: edit that one. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Graph"];
                };
            };
            /** @description The new version. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Graph"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_not_found`: No such graph */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postGraphsByGraphCheck: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name */
                graph: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description What the check found. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckResult"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_not_found`: No such graph */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getGraphsByGraphDiff: {
        parameters: {
            query?: {
                /** @description absent: the version before */
                from?: number;
                /** @description absent: the latest */
                to?: number;
            };
            header?: never;
            path: {
                /** @description id or name */
                graph: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What leads from one to the other. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GraphDiff"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_not_found`: No such graph */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postGraphsByGraphSimulate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name */
                graph: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SimulateRequest"];
            };
        };
        responses: {
            /** @description How it would end, and when what would run. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Simulation"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_not_found`: No such graph */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_check_failed`: The graph does not pass its check */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_parameters`: Parameters are unknown, missing or of a wrong form; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postGraphsByGraphVertices: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name */
                graph: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VertexDocument"];
                "application/yaml": components["schemas"]["VertexDocument"];
            };
        };
        responses: {
            /** @description The vertex, with its id. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vertex"];
                };
            };
            /** @description `malformed_json`: The text is not JSON; `malformed_yaml`: The text is not YAML */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_not_found`: No such graph */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_sealed`: A sealed version never changes */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_graph`: The graph document has problems; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    deleteGraphsByGraphVerticesByVertex: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name */
                graph: string;
                /** @description id or name */
                vertex: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is removed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_not_found`: No such graph; `vertex_not_found`: No such vertex */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_sealed`: A sealed version never changes */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    patchGraphsByGraphVerticesByVertex: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name */
                graph: string;
                /** @description id or name */
                vertex: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VertexPatch"];
                "application/yaml": components["schemas"]["VertexPatch"];
            };
        };
        responses: {
            /** @description The vertex as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vertex"];
                };
            };
            /** @description `malformed_json`: The text is not JSON; `malformed_yaml`: The text is not YAML */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_not_found`: No such graph; `vertex_not_found`: No such vertex */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_sealed`: A sealed version never changes */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_graph`: The graph document has problems; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postGraphsByGraphEdges: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name */
                graph: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description id or name of a vertex */
                    tail: number | string;
                    /** @description id or name of a vertex */
                    head: number | string;
                    /** @description a condition in CEL; null: none */
                    when?: string | null;
                };
            };
        };
        responses: {
            /** @description The edge, with its id. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Edge"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_not_found`: No such graph */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_sealed`: A sealed version never changes */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_graph`: The graph document has problems; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    deleteGraphsByGraphEdgesByEdgeId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name */
                graph: string;
                edgeId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is removed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `edge_not_found`: No such edge; `graph_not_found`: No such graph */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_sealed`: A sealed version never changes */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    patchGraphsByGraphEdgesByEdgeId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name */
                graph: string;
                edgeId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description id or name of a vertex */
                    tail?: number | string;
                    /** @description id or name of a vertex */
                    head?: number | string;
                    /** @description a condition in CEL; null: none */
                    when?: string | null;
                };
            };
        };
        responses: {
            /** @description The edge as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Edge"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `edge_not_found`: No such edge; `graph_not_found`: No such graph */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_sealed`: A sealed version never changes */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_graph`: The graph document has problems; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getPipelines: {
        parameters: {
            query?: {
                /** @description may be repeated */
                state?: ("RUNNING" | "PAUSED" | "FINISH" | "FAILED" | "CANCELLED")[];
                /** @description id or name of a graph */
                graph?: string;
                /** @description how the name begins */
                name?: string;
                createdAfter?: string;
                createdBefore?: string;
                /** @description only pipelines that this track runs, or ran; for a map: one */
                parent?: number;
                /** @description true: also pipelines that tracks run; absent: false */
                children?: "true" | "false";
                limit?: number;
                /** @description the nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    /** @description rel="next": the next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["PipelineSummary"][];
                        /** @description null: the last page */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_not_found`: No such graph */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postPipelines: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and body again give the first answer; kept for at least 24 hours */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartRequest"];
            };
        };
        responses: {
            /** @description It is accepted: written, and its first tracks enqueued now or later. */
            202: {
                headers: {
                    /** @description the pipeline */
                    Location?: string;
                    /** @description true: this was the answer before */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_not_found`: No such graph */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_check_failed`: The graph does not pass its check; `idempotency_key_in_use`: A request with this Idempotency-Key is under way */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_parameters`: Parameters are unknown, missing or of a wrong form; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postPipelinesByPipelineIdPause: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                pipelineId: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description why; kept in the history */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description It is paused. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `pipeline_not_found`: No such pipeline */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postPipelinesByPipelineIdResume: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                pipelineId: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description why; kept in the history */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description It runs again. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `pipeline_not_found`: No such pipeline */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postPipelinesByPipelineIdCancel: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                pipelineId: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description why; kept in the history */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description It is cancelled, or is being cancelled. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `pipeline_not_found`: No such pipeline */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postPipelinesByPipelineIdMode: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                pipelineId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * @description auto: tracks that await a choice go on with all successors
                     * @enum {string}
                     */
                    mode: "auto" | "manual";
                    /** @description why; kept in the history */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description It has this mode. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `pipeline_not_found`: No such pipeline */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postPipelinesByPipelineIdRetry: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                pipelineId: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description absent: failed, which is what failed or was cancelled, and what follows */
                    from?: "failed" | (number | string)[];
                    /** @description what follows the named vertices as well; absent: true */
                    descendants?: boolean;
                    /** @description values for what runs again, by parameter or by "vertex.parameter" */
                    params?: {
                        [key: string]: components["schemas"]["JsonValue"];
                    };
                    /** @description of the graph, for a pipeline that has ended; absent: same */
                    version?: ("same" | "latest") | number;
                    /** @description do nothing, show the plan; absent: false */
                    preview?: boolean;
                    /** @description why; kept in the history */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description The pipeline, and what of it runs again; earlier attempts and their output are kept. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RerunPipeline"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_not_found`: No such graph; `pipeline_not_found`: No such pipeline */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `graph_check_failed`: The graph does not pass its check; `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_parameters`: Parameters are unknown, missing or of a wrong form; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getPipelinesByPipelineId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipelineId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The pipeline. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `pipeline_not_found`: No such pipeline */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getPipelinesByPipelineIdHistory: {
        parameters: {
            query?: {
                limit?: number;
                /** @description the nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                pipelineId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page; only a nextCursor of null is the end. */
            200: {
                headers: {
                    /** @description rel="next": the next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["HistoryEvent"][];
                        /** @description null: the last page */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `pipeline_not_found`: No such pipeline */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getPipelinesByPipelineIdWhy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipelineId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What holds it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PipelineWhy"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `pipeline_not_found`: No such pipeline */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getPipelinesByPipelineIdTracks: {
        parameters: {
            query?: {
                /** @description may be repeated */
                state?: ("WAITING" | "PENDING" | "RUNNING" | "SUCCEED" | "FAILED" | "SKIPPED" | "CANCELLED")[];
                limit?: number;
                /** @description the nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                pipelineId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    /** @description rel="next": the next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Track"][];
                        /** @description null: the last page */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `pipeline_not_found`: No such pipeline */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getTracksByTrackId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                trackId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The track. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackDetails"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `track_not_found`: No such track */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getTracksByTrackIdWhy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                trackId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All that holds it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackWhy"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `track_not_found`: No such track */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postTracksByTrackIdParams: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                trackId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description values by parameter */
                    params: {
                        [key: string]: components["schemas"]["JsonValue"];
                    };
                    /** @description why; kept in the history */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description The track; it starts when nothing else keeps it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackDetails"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `track_not_found`: No such track */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_parameters`: Parameters are unknown, missing or of a wrong form; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postTracksByTrackIdNext: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                trackId: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description names or ids of direct successors, each once; an empty list: none of them */
                    next: (number | string) | (number | string)[];
                    /** @description why; kept in the history */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description The track, with what was chosen. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackDetails"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `track_not_found`: No such track */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_choice`: The choice names something that is not a successor; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postTracksByTrackIdApprove: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                trackId: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description values for the gate's form */
                    params?: {
                        [key: string]: components["schemas"]["JsonValue"];
                    };
                    /** @description why; kept in the history */
                    comment?: string;
                    /** @description the same as comment */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description The track; it starts when nothing else keeps it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackDetails"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused; `not_an_approver`: The gate names other approvers; `self_approval_forbidden`: Whoever started the pipeline may not decide at this gate */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `track_not_found`: No such track */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_parameters`: Parameters are unknown, missing or of a wrong form; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postTracksByTrackIdReject: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                trackId: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description why; kept in the history */
                    comment?: string;
                    /** @description the same as comment */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description The track. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackDetails"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused; `not_an_approver`: The gate names other approvers; `self_approval_forbidden`: Whoever started the pipeline may not decide at this gate */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `track_not_found`: No such track */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postTracksByTrackIdSkip: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                trackId: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description why; kept in the history */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description It is skipped. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackDetails"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused; `not_an_approver`: The gate names other approvers; `self_approval_forbidden`: Whoever started the pipeline may not decide at this gate */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `track_not_found`: No such track */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postTracksByTrackIdSucceed: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                trackId: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description why; kept in the history */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description It counts as succeeded. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackDetails"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused; `not_an_approver`: The gate names other approvers; `self_approval_forbidden`: Whoever started the pipeline may not decide at this gate */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `track_not_found`: No such track */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postTracksByTrackIdGiveUp: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                trackId: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description why; kept in the history */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description It stays failed, and what needs it is cancelled. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackDetails"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `track_not_found`: No such track */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postTracksByTrackIdCancel: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                trackId: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description why; kept in the history */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description It is cancelled, or will be when its worker says that its processes are gone. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackDetails"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `track_not_found`: No such track */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postTracksByTrackIdRetry: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and request again are done once, whatever has happened since */
                "idempotency-key"?: string;
            };
            path: {
                trackId: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description values for this track, by parameter */
                    params?: {
                        [key: string]: components["schemas"]["JsonValue"];
                    };
                    /** @description what follows it as well; absent: false */
                    descendants?: boolean;
                    /** @description why; kept in the history */
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description The track, before its next attempt. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackDetails"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `track_not_found`: No such track */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_parameters`: Parameters are unknown, missing or of a wrong form; `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getInbox: {
        parameters: {
            query?: {
                /** @description what is awaited; may be repeated */
                kind?: ("params" | "approval" | "choice" | "decision")[];
                /** @description only what the token of this call may decide */
                mine?: "true" | "false";
                limit?: number;
                /** @description the nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page; only a nextCursor of null is the end. */
            200: {
                headers: {
                    /** @description rel="next": the next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["InboxItem"][];
                        /** @description null: the last page */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getTracksByTrackIdOutput: {
        parameters: {
            query?: {
                /** @description absent: the one that runs, else the newest that printed */
                attempt?: number;
                /** @description go on until the attempt has ended */
                follow?: "true" | "false";
            };
            header?: {
                /** @description one range of bytes, e.g. bytes=-65536; not with follow */
                range?: string;
            };
            path: {
                trackId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its bytes. */
            200: {
                headers: {
                    /** @description whose output this is */
                    "X-Baton-Attempt"?: string;
                    /** @description whether it was all said when this answer began */
                    "X-Baton-Attempt-Ended"?: string;
                    /** @description stored bytes; not where the answer follows */
                    "X-Baton-Output-Bytes"?: string;
                    /** @description bytes over the cap, not stored; once the attempt has ended */
                    "X-Baton-Cut-Bytes"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description The bytes of the range. */
            206: {
                headers: {
                    /** @description whose output this is */
                    "X-Baton-Attempt"?: string;
                    /** @description whether it was all said when this answer began */
                    "X-Baton-Attempt-Ended"?: string;
                    /** @description stored bytes; not where the answer follows */
                    "X-Baton-Output-Bytes"?: string;
                    /** @description bytes over the cap, not stored; once the attempt has ended */
                    "X-Baton-Cut-Bytes"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `attempt_not_found`: No such attempt; `track_not_found`: No such track */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getTracksByTrackIdOutputs: {
        parameters: {
            query?: {
                /** @description absent: the current one, whose values the vertices after it get */
                attempt?: number;
            };
            header?: never;
            path: {
                trackId: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its values by key. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackOutputs"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `attempt_not_found`: No such attempt; `track_not_found`: No such track */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getWorkers: {
        parameters: {
            query?: {
                /** @description dead ones too */
                all?: "true" | "false";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description By name. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Worker"][];
                    };
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getPools: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description By name. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Pool"][];
                    };
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    putPoolsByName: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description so many tracks at once */
                    limit: number;
                };
            };
        };
        responses: {
            /** @description It has this limit from the next claim on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pool"];
                };
            };
            /** @description It was made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pool"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    deletePoolsByName: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `pool_not_found`: No such pool */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `pool_in_use`: Graphs or running tracks need this pool */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getSchedules: {
        parameters: {
            query?: {
                /** @description how the name begins */
                name?: string;
                limit?: number;
                /** @description the nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    /** @description rel="next": the next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Schedule"][];
                        /** @description null: the last page */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postSchedules: {
        parameters: {
            query?: never;
            header?: {
                /** @description the same key and body again give the first answer; kept for at least 24 hours */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ScheduleRequest"];
            };
        };
        responses: {
            /** @description The schedule, with its next due times. */
            201: {
                headers: {
                    /** @description the schedule */
                    Location?: string;
                    /** @description true: it was made before */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_in_use`: A request with this Idempotency-Key is under way; `schedule_name_taken`: Another schedule has this name */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `idempotency_key_reused`: This Idempotency-Key was used with another request; `invalid_request`: The request does not have the form that this call takes; `invalid_schedule`: The schedule has problems */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getSchedulesBySchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name of a schedule */
                schedule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedule. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `schedule_not_found`: No such schedule */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    deleteSchedulesBySchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name of a schedule */
                schedule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `schedule_not_found`: No such schedule */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    patchSchedulesBySchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name of a schedule */
                schedule: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SchedulePatch"];
            };
        };
        responses: {
            /** @description The schedule as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `schedule_not_found`: No such schedule */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `schedule_name_taken`: Another schedule has this name */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes; `invalid_schedule`: The schedule has problems */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postSchedulesBySchedulePause: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name of a schedule */
                schedule: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description It is paused; its pipelines go on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `schedule_not_found`: No such schedule */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postSchedulesByScheduleResume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name of a schedule */
                schedule: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description It goes on with its next due time. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Schedule"];
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `schedule_not_found`: No such schedule */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `state_conflict`: The state does not allow this */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postSchedulesByScheduleBackfill: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description id or name of a schedule */
                schedule: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /**
                     * Format: date-time
                     * @description due times from here on
                     */
                    from: string;
                    /**
                     * Format: date-time
                     * @description and before this, which is not in the future; at most 1000 due times
                     */
                    to: string;
                    /**
                     * @description so many of these pipelines run at once
                     * @default 1
                     */
                    atOnce?: number;
                };
            };
        };
        responses: {
            /** @description They wait, and start by due time. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description in the range */
                        dueTimes: number;
                        /** @description that wait because of this call; the others were started before, or wait already */
                        queued: number;
                    };
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `schedule_not_found`: No such schedule */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes; `invalid_schedule`: The schedule has problems */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getSchedulesByScheduleFires: {
        parameters: {
            query?: {
                /** @description may be repeated */
                state?: ("started" | "queued" | "skipped" | "missed" | "failed")[];
                limit?: number;
                /** @description the nextCursor of the page before */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description id or name of a schedule */
                schedule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page. */
            200: {
                headers: {
                    /** @description rel="next": the next page, where there is one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["DueTime"][];
                        /** @description null: the last page */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `schedule_not_found`: No such schedule */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    getTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["Token"][];
                    };
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description for people: whose it is, what for */
                    name: string;
                    scopes: ("admin" | "operate" | "submit" | "read" | "worker")[];
                    /** @description what it may approve at gates, besides what its scopes allow: `approvers: ["role:<name>"]` */
                    roles?: string[];
                    /** @description absent: it does not expire */
                    lifetimeMs?: number | null;
                };
            };
        };
        responses: {
            /** @description The token. */
            201: {
                headers: {
                    /** @description of the token */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        /** @description shown this once */
                        token: string;
                    };
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    deleteTokensByTokenId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tokenId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is revoked. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `token_not_found`: No such token */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postWorkerClaims: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    workerId: string;
                    /** @description what the worker serves; `default` for vertices without labels */
                    labels: string[];
                    claims: components["schemas"]["Claim"][];
                };
            };
        };
        responses: {
            /** @description One result a claim, in their order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description from the moment the request was sent; ends unless heartbeats renew it */
                        leaseMs: number;
                        results: ({
                            runId: string;
                            /** @constant */
                            granted: true;
                            run: components["schemas"]["ClaimedRun"];
                        } | {
                            runId: string;
                            /** @constant */
                            granted: false;
                            why: string;
                        })[];
                    };
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postWorkerReleases: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    workerId: string;
                    runs: components["schemas"]["WorkerRun"][];
                };
            };
        };
        responses: {
            /** @description All others are not to be started any more. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description are still to be run, or to be ended */
                        kept: string[];
                    };
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postWorkerHeartbeats: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    worker: components["schemas"]["WorkerReport"];
                    /** @description its claims: their leases are renewed */
                    running: components["schemas"]["HeardRun"][];
                    /** @description completions that it keeps until they are applied */
                    reported: components["schemas"]["HeardRun"][];
                    /** @description tell everything that is claimed for it */
                    asksForHeld?: boolean;
                };
            };
        };
        responses: {
            /** @description What became of its runs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        leaseMs: number;
                        /** @description what all of this installation know: 2: claims ahead of slots, releases, several completions an entry */
                        protocol: number;
                        /** @description signs offers of places, and opens what is handed over for them; null: nothing is */
                        handOverKey: string | null;
                        /** @description call again after this */
                        heartbeatMs: number;
                        /** @description label sets that this worker can serve, in canonical form */
                        queues: string[];
                        running: {
                            runId: string;
                            /**
                             * @description cancel: kill it and report; lost: kill it
                             * @enum {string}
                             */
                            state: "held" | "cancel" | "lost";
                        }[];
                        /** @description of `reported`: these may be forgotten */
                        applied: string[];
                        /** @description where it asked for it: all that is claimed for it */
                        held: components["schemas"]["WorkerRun"][];
                    };
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postWorkerStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WorkerStatus"];
            };
        };
        responses: {
            /** @description It is kept until the next one. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postWorkerOutput: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    chunks: components["schemas"]["OutputChunk"][];
                };
            };
        };
        responses: {
            /** @description Everything else is stored. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        refused: {
                            runId: string;
                            /** @enum {string} */
                            why: "other_run" | "unknown_attempt";
                        }[];
                    };
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    postWorkerOutputs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    outputs: components["schemas"]["RunOutputs"][];
                };
            };
        };
        responses: {
            /** @description Everything else is stored. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        refused: {
                            runId: string;
                            /** @enum {string} */
                            why: "other_run" | "unknown_attempt";
                        }[];
                    };
                };
            };
            /** @description `malformed_json`: The text is not JSON */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unauthenticated`: A valid token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `forbidden`: The token lacks the scope for this call; `foreign_origin`: Requests from pages of other sites are refused */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `body_too_large`: The body is over its limit */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unsupported_media_type`: The body is of a type that this call does not take */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `unknown_host`: The Host header names another server */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `invalid_request`: The request does not have the form that this call takes */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `internal`: Baton failed in a way that it did not expect */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description `database_unavailable`: MySQL cannot be reached; `deadline_exceeded`: The answer took too long */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
}
