/* What a worker costs that has nothing to do, beside a bare librdkafka client with the same settings, in one run.
 *
 *      idle BOOTSTRAP [PID ...]     a real broker; PIDs: processes to be looked at as well, such as workers of `tocsin run`
 *
 * Prints one line of JSON a process: resident memory, wake-ups (voluntary context switches of all its threads) a second, and for
 * the worker how long it took from the start of its process to its first poll. */
#include <dirent.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "world.h"

#define PARTITIONS 8
#define CALM_S 15 /* groups, metadata and restore are behind it */
#define WINDOW_S 20
#define WAIT_US 1000000 /* of one poll, as `tocsin run` does */
#define TEXT "{\"type\":\"record\",\"name\":\"idle.Event\",\"fields\":[{\"name\":\"key\",\"type\":\"string\"}]}"

/* ---- the worker -------------------------------------------------------------------------------------- */

static int create(void **ret, const tocsin_host *h, const tocsin_value *config) {
        (void)h;
        (void)config;
        *ret = malloc(1);
        return *ret ? 0 : -ENOMEM;
}
static int process(void *inst, const tocsin_event *e) {
        (void)inst;
        (void)e;
        return TOCSIN_SKIP;
}
static const tocsin_port in = { .size = sizeof in, .direction = TOCSIN_IN, .name = "in", .schema = TEXT, .help = "in" };
static const tocsin_port out = { .size = sizeof out, .direction = TOCSIN_OUT, .name = "out", .schema = TEXT, .help = "out" };
static const tocsin_port *const ports[] = { &in, &out };
static const tocsin_plugin nothing = { .size = sizeof nothing,
                                       .abi = TOCSIN_ABI,
                                       .needs = TOCSIN_ABI,
                                       .state_version = 1,
                                       .name = "idle",
                                       .version = "1.0.0",
                                       .license = "Apache-2.0",
                                       .summary = "waits",
                                       .n_ports = 2,
                                       .ports = ports,
                                       .create = create,
                                       .destroy = free,
                                       .process = process };

static World world;

static void be_worker(int64_t born_us) {
        Why why = { 0 };
        Worker *w = NULL;
        log_setup(2, false, false, LOG_ERROR, "idle");
        if (worker_new(&w, &world.worker, &why, NULL) != 0)
                world_die("worker", why.text);
        for (bool polls = false;;) {
                if (!polls && w->phase >= PHASE_WAITING) { /* the next thing it does is to poll */
                        polls = true;
                        printf("{\"what\": \"worker\", \"start_to_first_poll_ms\": %.1f}\n",
                               (double)(clock_read_us(CLOCK_MONOTONIC) - born_us) / 1e3);
                        fflush(stdout);
                }
                int r = worker_turn(w, WAIT_US);
                if (r < 0)
                        world_die("worker", strerror(-r));
                if (r == WORKER_E_WAIT)
                        usleep(100000);
        }
}

/* ---- the bare client --------------------------------------------------------------------------------- */

/* As bus/kafka_client.c sets them: of both clients; of the consumer; of the producer. */
static const char *const both[] = { "socket.nagle.disable",
                                    "true",
                                    "topic.metadata.refresh.interval.ms",
                                    "10000",
                                    "reconnect.backoff.ms",
                                    "50",
                                    "reconnect.backoff.max.ms",
                                    "2000",
                                    "topic.metadata.propagation.max.ms",
                                    "5000",
                                    NULL };
static const char *const consumer[] = { "session.timeout.ms",
                                        "10000",
                                        "heartbeat.interval.ms",
                                        "3000",
                                        "isolation.level",
                                        "read_committed",
                                        "auto.offset.reset",
                                        "earliest",
                                        "enable.auto.commit",
                                        "false",
                                        "enable.auto.offset.store",
                                        "false",
                                        "enable.partition.eof",
                                        "true",
                                        "partition.assignment.strategy",
                                        "range",
                                        NULL };
static const char *const producer[] = { "enable.idempotence", "true", "linger.ms", "5", NULL };

static rd_kafka_t *client(rd_kafka_type_t type, const char *bootstrap, const char *const *own, const char *key,
                          const char *value) {
        char why[512];
        rd_kafka_conf_t *c = rd_kafka_conf_new();
        for (const char *const *p = both; *p; p += 2)
                (void)rd_kafka_conf_set(c, p[0], p[1], NULL, 0);
        for (const char *const *p = own; *p; p += 2)
                if (rd_kafka_conf_set(c, p[0], p[1], why, sizeof why) != RD_KAFKA_CONF_OK)
                        world_die("bare client", why);
        (void)rd_kafka_conf_set(c, "bootstrap.servers", bootstrap, NULL, 0);
        (void)rd_kafka_conf_set(c, key, value, NULL, 0);
        rd_kafka_t *k = rd_kafka_new(type, c, why, sizeof why);
        if (!k)
                world_die("bare client", why);
        return k;
}

static void be_bare(const char *bootstrap) {
        char id[128];
        snprintf(id, sizeof id, "%s-bare", world.app);
        rd_kafka_t *c = client(RD_KAFKA_CONSUMER, bootstrap, consumer, "group.id", id);
        rd_kafka_t *p = client(RD_KAFKA_PRODUCER, bootstrap, producer, "transactional.id", id);
        rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(topics, world.in, RD_KAFKA_PARTITION_UA);
        rd_kafka_poll_set_consumer(c);
        rd_kafka_error_t *e = rd_kafka_init_transactions(p, 30000);
        if (e)
                world_die("bare client", rd_kafka_error_string(e));
        if (rd_kafka_subscribe(c, topics) != 0)
                world_die("bare client", "subscribe");
        for (;;) {
                rd_kafka_message_t *m = rd_kafka_consumer_poll(c, WAIT_US / 1000);
                if (m)
                        rd_kafka_message_destroy(m);
                rd_kafka_poll(p, 0);
        }
}

/* ---- the look from outside --------------------------------------------------------------------------- */

static long field(const char *path, const char *key) {
        char line[256];
        long n = -1;
        FILE *f = fopen(path, "r");
        while (f && n < 0 && fgets(line, sizeof line, f))
                if (!strncmp(line, key, strlen(key)))
                        n = atol(line + strlen(key));
        if (f)
                fclose(f);
        return n;
}

static long wakes(pid_t pid) {
        char path[320];
        long sum = 0;
        snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
        DIR *d = opendir(path);
        if (!d)
                world_die("a process", "is gone");
        for (struct dirent *e; (e = readdir(d));) {
                snprintf(path, sizeof path, "/proc/%d/task/%s/status", (int)pid, e->d_name);
                sum += e->d_name[0] == '.' ? 0 : field(path, "voluntary_ctxt_switches:");
        }
        closedir(d);
        return sum;
}

static pid_t born(const char *what, const char *bootstrap) {
        char now[32];
        snprintf(now, sizeof now, "%ld", (long)clock_read_us(CLOCK_MONOTONIC));
        pid_t pid = fork();
        if (pid == 0) {
                execl("/proc/self/exe", "idle", what, bootstrap, world.app, now, NULL);
                _exit(1);
        }
        return pid;
}

int main(int argc, char **argv) {
        pid_t pid[16];
        long before[16];
        char app[64], status[64];
        int n = 2;
        if (argc == 5 && (!strcmp(argv[1], "worker") || !strcmp(argv[1], "bare"))) {
                world_up(&world, argv[3], argv[2], PARTITIONS, &nothing);
                if (argv[1][0] == 'w')
                        be_worker(atol(argv[4]));
                be_bare(argv[2]);
        }
        if (argc < 2 || argc > 15)
                world_die("usage", "idle BOOTSTRAP [PID ...]");
        snprintf(app, sizeof app, "idle-%d", (int)getpid());
        world_up(&world, app, argv[1], PARTITIONS, &nothing);
        world_topics(&world, 5);
        pid[0] = born("worker", argv[1]);
        pid[1] = born("bare", argv[1]);
        for (int i = 2; i < argc; i++)
                pid[n++] = (pid_t)atol(argv[i]);
        sleep(CALM_S);
        for (int i = 0; i < n; i++)
                before[i] = wakes(pid[i]);
        sleep(WINDOW_S);
        for (int i = 0; i < n; i++) {
                snprintf(status, sizeof status, "/proc/%d/status", (int)pid[i]);
                printf("{\"what\": \"%s\", \"pid\": %d, \"rss_mib\": %.1f, \"private_mib\": %.1f, \"wakeups_per_s\": %.2f}\n",
                       i == 0   ? "worker"
                       : i == 1 ? "bare client"
                                : "process",
                       (int)pid[i], (double)field(status, "VmRSS:") / 1024, (double)field(status, "RssAnon:") / 1024,
                       (double)(wakes(pid[i]) - before[i]) / WINDOW_S);
        }
        for (int i = 0; i < 2; i++) {
                kill(pid[i], SIGKILL);
                waitpid(pid[i], NULL, 0);
        }
        return 0;
}
