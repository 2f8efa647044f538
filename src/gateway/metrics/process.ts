import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

/** How often the event loop is looked at, ms. */
const RESOLUTION_MS = 20;
const QUANTILES = [50, 99, 100] as const;

/**
 * CPU, memory and event loop of this process, under the names that dashboards for Node know. prom-client's own collection watches garbage collections, too,
 * which was seen to cost a GET a tenth more CPU. Returns the function that ends the watching.
 */
export function watchProcess(registry: Registry): () => void {
  const registers = [registry];
  gauges(registers, {
    process_resident_memory_bytes: ['Memory of the process', () => process.memoryUsage.rss()],
    nodejs_heap_size_used_bytes: ['Heap that objects take', () => process.memoryUsage().heapUsed],
    nodejs_external_memory_bytes: ['Memory outside of the heap', () => process.memoryUsage().external],
  });
  let counted = process.cpuUsage();
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the process',
    registers,
    collect() {
      const { user, system } = process.cpuUsage(counted);
      counted = process.cpuUsage();
      this.inc((user + system) / 1e6);
    },
  });
  return watchEventLoop(registers);
}

type Gauges = Readonly<Record<string, readonly [help: string, value: () => number]>>;

function gauges(registers: Registry[], described: Gauges): void {
  for (const [name, [help, value]] of Object.entries(described))
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
}

/** How much later timers run than they were due, since this was read last; of several processes that of the slowest. */
function watchEventLoop(registers: Registry[]): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  new Gauge({
    name: 'penumbra_event_loop_delay_seconds',
    help: 'How late timers run, since it was read last; 1 is the longest delay',
    labelNames: ['quantile'],
    aggregator: 'max',
    registers,
    collect() {
      for (const quantile of QUANTILES) {
        const late = Math.max(0, delay.percentile(quantile) / 1e6 - RESOLUTION_MS);
        this.set({ quantile: quantile / 100 }, delay.count > 0 ? late / 1_000 : 0);
      }
      delay.reset();
    },
  });
  return () => delay.disable();
}
