# One image for every process of Baton: `node apps/<api|orchestrator|worker>/dist/main.js`.
# Debian, not Alpine: scripts expect bash, coreutils and util-linux.

FROM node:24-bookworm-slim AS build
WORKDIR /baton
COPY package.json package-lock.json .npmrc ./
COPY packages packages
COPY apps apps
RUN --mount=type=cache,target=/npm-cache npm ci --cache /npm-cache --no-audit --no-fund && npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="Baton" \
      org.opencontainers.image.description="A distributed runner for graphs of scripts" \
      org.opencontainers.image.licenses="MIT"
RUN apt-get update \
 && apt-get install -y --no-install-recommends tini ca-certificates curl iputils-ping \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o node -g node -m 0700 /var/lib/baton
# See docs/deployment.md, Memory.
ENV NODE_ENV=production TZ=UTC NODE_OPTIONS=--max-semi-space-size=8
WORKDIR /baton
COPY --from=build /baton .
USER node
VOLUME /var/lib/baton
EXPOSE 3000
ENTRYPOINT ["tini", "-g", "--"]
CMD ["node", "apps/api/dist/main.js"]
