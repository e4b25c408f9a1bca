import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * One link between two processes, through which every byte goes, and which can be hurt as a network can: slowed down, cut,
 * silent in one direction or both, half closed, refused. The fault that finds the most is the last one: the request has
 * arrived and was carried out, and its reply is never seen.
 *
 * What is held while a link is silent is delivered when it heals, as TCP does it; what is cut is lost for good.
 */
export interface TcpProxy {
  port: number;
  /** Connections that are open now, and all that were ever made. */
  readonly connections: { open: number; made: number };
  setMode(mode: LinkMode): Promise<void>;
  /** Ends every connection that is open now, as a reset does; new ones are made as ever. */
  cut(): void;
  /**
   * Waits for the next request that fits. `before`: it is never passed on. `after`: it is, and as soon as its reply begins to
   * arrive nothing of that comes through. In both cases `act` is called at that very moment, with the text that fitted, and
   * then the connection is cut, unless `cuts` is false: then all goes on as if nothing had been.
   * @param match is asked about the last 64 KiB that the client sent on one connection since then, as latin1 text; after a fit, since that
   * @param withinMs for ever unless given
   * @returns when that has happened
   * @throws Error when it has not within the time: then it does not any more
   */
  intercept(trap: {
    match: RegExp;
    when: 'before' | 'after';
    act?: (fitted: string) => void;
    cuts?: boolean;
    withinMs?: number;
  }): Promise<void>;
  close(): Promise<void>;
}

export type LinkMode =
  | 'pass'
  /** Connections that are made stay open, and nothing goes through. */
  | 'silent'
  | 'silent_requests'
  | 'silent_replies'
  /** The client is told that nothing more comes; the server is not told anything. */
  | 'half_close'
  /** Nobody listens, and what was open is cut. */
  | 'refuse'
  /** Both ways, each piece by itself. */
  | { delayMs: number };

const TAIL_LENGTH = 64 * 1024;

interface Link {
  client: Socket;
  server: Socket;
  tail: string;
  sprung: { trap: Trap; fitted: string } | null;
}

interface Trap {
  match: RegExp;
  when: 'before' | 'after';
  act: (fitted: string) => void;
  cuts: boolean;
  done: () => void;
}

/** Starts listening on a free port of the loopback interface. */
export async function createTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const proxy = new Proxy(target);
  await proxy.listen(0);
  return proxy;
}

class Proxy implements TcpProxy {
  readonly #target: { host: string; port: number };
  readonly #links = new Set<Link>();
  #traps: Trap[] = [];
  #mode: LinkMode = 'pass';
  #server: Server | null = null;
  #made = 0;
  port = 0;

  constructor(target: { host: string; port: number }) {
    this.#target = target;
  }

  get connections(): { open: number; made: number } {
    return { open: this.#links.size, made: this.#made };
  }

  async listen(port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  async setMode(mode: LinkMode): Promise<void> {
    this.#mode = mode;
    if (mode === 'refuse') await this.#stopListening();
    else if (this.#server === null) await this.listen(this.port);
    for (const link of this.#links) this.#applyMode(link);
  }

  cut(): void {
    for (const { client, server } of this.#links) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  intercept({
    match,
    when,
    act = () => {},
    cuts = true,
    withinMs,
  }: Parameters<TcpProxy['intercept']>[0]): Promise<void> {
    for (const link of this.#links) link.tail = '';
    return new Promise((resolve, reject) => {
      const trap: Trap = { match, when, act, cuts, done: resolve };
      this.#traps.push(trap);
      if (withinMs === undefined) return;
      const timer = setTimeout(() => {
        this.#disarm(trap);
        reject(new Error(`expected a request like ${match} within ${withinMs} ms, found none that was answered`));
      }, withinMs);
      trap.done = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #disarm(trap: Trap): void {
    this.#traps = this.#traps.filter((one) => one !== trap);
    for (const link of this.#links) if (link.sprung?.trap === trap) link.sprung = null;
  }

  async close(): Promise<void> {
    await this.#stopListening();
  }

  async #stopListening(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.cut();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  #accept(client: Socket): void {
    this.#made += 1;
    const server = createConnection({ ...this.#target, allowHalfOpen: true });
    const link: Link = { client, server, tail: '', sprung: null };
    this.#links.add(link);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      // A side that is gone ends the other; what the reason was is for those who are connected to find out.
      socket.on('error', () => destroy(link));
      socket.on('close', () => {
        destroy(link);
        this.#links.delete(link);
      });
    }
    client.on('data', (chunk) => this.#passRequest(link, chunk)).on('end', () => server.end());
    server.on('data', (chunk) => this.#passReply(link, chunk)).on('end', () => client.end());
    this.#applyMode(link);
  }

  #applyMode({ client, server }: Link): void {
    if (this.#mode === 'half_close') client.end();
    hold(client, this.#mode === 'silent' || this.#mode === 'silent_requests');
    hold(server, this.#mode === 'silent' || this.#mode === 'silent_replies' || this.#mode === 'half_close');
  }

  #passRequest(link: Link, chunk: Buffer): void {
    link.tail = (link.tail + chunk.toString('latin1')).slice(-TAIL_LENGTH);
    const trap = this.#traps.find(({ match }) => match.test(link.tail));
    if (trap === undefined) return this.#pass(link.server, chunk);
    this.#traps = this.#traps.filter((one) => one !== trap);
    const sprung = { trap, fitted: trap.match.exec(link.tail)?.[0] ?? '' };
    link.tail = '';
    if (trap.when === 'after') link.sprung = sprung;
    else spring(link, sprung);
    this.#pass(link.server, chunk);
  }

  #passReply(link: Link, chunk: Buffer): void {
    if (link.sprung !== null) spring(link, link.sprung);
    this.#pass(link.client, chunk);
  }

  #pass(to: Socket, chunk: Buffer): void {
    const send = (): void => {
      if (to.writable) to.write(chunk);
    };
    // Timers of one length fire in the order in which they were set.
    if (typeof this.#mode === 'object') setTimeout(send, this.#mode.delayMs);
    else send();
  }
}

/** What was cut is not writable any more: nothing is passed on. */
function spring(link: Link, { trap, fitted }: NonNullable<Link['sprung']>): void {
  link.sprung = null;
  trap.act(fitted);
  if (trap.cuts) {
    link.client.resetAndDestroy();
    link.server.resetAndDestroy();
  }
  trap.done();
}

function destroy({ client, server }: Link): void {
  client.destroy();
  server.destroy();
}

function hold(socket: Socket, isHeld: boolean): void {
  if (isHeld) socket.pause();
  else socket.resume();
}
