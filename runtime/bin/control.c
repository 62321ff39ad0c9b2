/* The control socket: JSON lines in, JSON lines out, for the owner and root. */
#include "bin/supervise.h"

#include "value/value.h"
#include "json/json.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <tocsin/value.h>

#define CONTROL_BACKLOG 64 /* who may wait to be let in: a full queue answers EAGAIN to everybody else */

/* Held for the life of the process: two supervisors of one application would fence each other's workers. */
static int take_lock(const Control *c, const char *run_dir, const char *app, Why *why) {
        char path[4096], pid[32] = { 0 };
        snprintf(path, sizeof path, "%s/%s.pid", run_dir, app);
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return why_say(why, -1, "cannot write %s/%s.pid: %s; set run_dir to a folder that is yours", c->shown, app,
                               strerror(errno));
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                ssize_t n = read(fd, pid, sizeof pid - 1);
                pid[n > 0 ? strcspn(pid, "\n") : 0] = 0;
                close(fd);
                return why_say(
                        why, -1,
                        "`%s` runs here already (process %s holds %s/%s.pid); stop it, or give this one another app or run_dir",
                        app, pid, c->shown, app);
        }
        int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
        if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)n, 0) != n) /* the lock is what counts */
                LOG(LOG_WARN, "control.pid", "the pid cannot be written; going on without", LOG_S("run_dir", c->shown),
                    LOG_S("reason", strerror(errno)));
        return fd;
}

/* mkdir -p; what is there must be ours, and no other's to write: /tmp is everybody's. */
static int make_folder(const Control *c, const char *path, Why *why) {
        char part[4096] = "";
        struct stat st;
        size_t len = (size_t)snprintf(part, sizeof part, "%s", path);
        for (size_t i = 1; i <= len && len < sizeof part; i++) {
                if (path[i] != '/' && path[i] != 0)
                        continue;
                part[i] = 0;
                if (mkdir(part, 0700) < 0 && errno != EEXIST)
                        return why_say(why, EX_CANTCREAT, "cannot make %s: %s; set run_dir to a folder that is yours",
                                       strcmp(c->shown, path) == 0 ? part : c->shown, strerror(errno));
                part[i] = path[i];
        }
        if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022))
                return why_say(why, EX_CANTCREAT, "%s is not a folder that is yours and nobody else's to write; set run_dir",
                               c->shown);
        return 0;
}

/* Half an address is worse than none. 0 | -errno */
static int write_note(const Control *c) {
        struct stat st;
        FILE *f = fopen(c->note, "we");
        bool well = f && fprintf(f, "%s\n", c->bootstrap) > 0;
        if (f && fclose(f) != 0)
                well = false;
        int error = errno;
        if (!well && lstat(c->note, &st) == 0 && S_ISREG(st.st_mode))
                unlink(c->note);
        return well ? 0 : -error;
}

/* A full disk keeps nothing from running: only other verbs do not find the broker meanwhile. */
static void begin_note(Control *c, const char *run_dir, const char *app, const char *bootstrap) {
        c->unwritten = false;
        if (!bootstrap)
                return;
        snprintf(c->bootstrap, sizeof c->bootstrap, "%s", bootstrap);
        snprintf(c->note, sizeof c->note, "%s/%s.bootstrap", run_dir, app);
        int r = write_note(c);
        c->unwritten = r != 0;
        if (r != 0)
                LOG(LOG_ERROR, "control.note",
                    "the address of the embedded broker cannot be written; until it is, verbs such as incident list do not find "
                    "it",
                    LOG_S("run_dir", c->shown), LOG_S("reason", strerror(-r)));
}

void control_mend(Control *c) {
        if (!c->unwritten || write_note(c) != 0)
                return;
        c->unwritten = false;
        LOG(LOG_INFO, "control.note", "mended: the address of the embedded broker is written", LOG_S("run_dir", c->shown));
}

int control_open(Control *c, const char *run_dir, const char *shown, const char *app, const char *bootstrap, Why *why) {
        struct sockaddr_un at = { .sun_family = AF_UNIX };
        snprintf(c->shown, sizeof c->shown, "%s", shown ? shown : run_dir); /* a reload frees what it comes from */
        int r = make_folder(c, run_dir, why);
        if (r != 0)
                return r;
        if ((size_t)snprintf(at.sun_path, sizeof at.sun_path, "%s/%s.sock", run_dir, app) >= sizeof at.sun_path)
                return why_say(why, EX_CANTCREAT, "%s/%s.sock is longer than a socket's path may be; set a shorter run_dir",
                               c->shown, app);
        c->lock = take_lock(c, run_dir, app, why);
        if (c->lock < 0)
                return EX_CANTCREAT;
        unlink(at.sun_path); /* of a dead one: the lock is ours */
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        mode_t mask = umask(0177);
        bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, CONTROL_BACKLOG) == 0;
        int error = errno;
        umask(mask);
        if (!bound) {
                if (fd >= 0)
                        close(fd);
                return why_say(why, EX_CANTCREAT, "cannot make %s/%s.sock: %s", c->shown, app, strerror(error));
        }
        c->listener = fd;
        snprintf(c->path, sizeof c->path, "%s", at.sun_path);
        begin_note(c, run_dir, app, bootstrap);
        return 0;
}

static void drop(Control *c, size_t i) {
        close(c->peer[i]->fd);
        free(c->peer[i]);
        memmove(&c->peer[i], &c->peer[i + 1], (--c->n_peers - i) * sizeof c->peer[0]);
}

void control_close(Control *c) {
        while (c->n_peers)
                drop(c, 0);
        if (c->listener >= 0) {
                unlink(c->path);
                close(c->listener);
        }
        if (c->note[0])
                unlink(c->note);
        if (c->lock >= 0)
                close(c->lock);
        c->listener = c->lock = -1;
}

size_t control_fds(const Control *c, int ret[1 + CONTROL_PEERS]) {
        size_t n = 0;
        if (c->listener >= 0)
                ret[n++] = c->listener;
        for (size_t i = 0; i < c->n_peers; i++)
                ret[n++] = c->peer[i]->fd;
        return n;
}

/* false: this peer is done with. spoke: a line was answered. */
static bool listen_to(struct ControlPeer *p, Supervisor *s, bool *spoke) {
        *spoke = false;
        ssize_t n = recv(p->fd, p->line + p->len, sizeof p->line - p->len, 0);
        if (n <= 0)
                return n < 0 && (errno == EAGAIN || errno == EINTR);
        p->len += (size_t)n;
        char *end;
        while ((end = memchr(p->line, '\n', p->len))) {
                Buffer b = { .max = 1u << 20 };
                size_t used = (size_t)(end - p->line) + 1;
                control_answer(s, bytes_of(p->line, used - 1), &b);
                buffer_u8(&b, '\n');
                bool said = !b.failed && send(p->fd, b.ptr, b.len, MSG_NOSIGNAL) == (ssize_t)b.len;
                buffer_deinit(&b);
                if (!said)
                        return false;
                *spoke = true;
                p->len -= used;
                memmove(p->line, p->line + used, p->len);
        }
        return p->len < sizeof p->line;
}

static void admit(Control *c, Supervisor *s, int fd) {
        struct ucred who;
        socklen_t len = sizeof who;
        struct ControlPeer *p = NULL;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0 || (who.uid != geteuid() && who.uid != 0)) {
                LOG(LOG_WARN, "control.refused", "a stranger at the control socket was refused", LOG_I("uid", who.uid));
                close(fd);
                return;
        }
        if (c->n_peers == CONTROL_PEERS) {
                bool spoke;
                (void)listen_to(c->peer[0], s, &spoke); /* it may have asked since, and only not been its turn */
                drop(c, 0);
        }
        p = calloc(1, sizeof *p);
        if (!p) {
                close(fd);
                return;
        }
        p->fd = fd;
        c->peer[c->n_peers++] = p;
}

/* All who wait, but no more than can wait: whoever is left standing in the queue keeps others out of it. */
static void greet(Control *c, Supervisor *s) {
        for (unsigned i = 0; i < CONTROL_BACKLOG; i++) {
                int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
                if (fd < 0)
                        return;
                admit(c, s, fd);
        }
}

/* Who has been answered just now is the last to give way. */
static void last(Control *c, size_t i) {
        struct ControlPeer *p = c->peer[i];
        memmove(&c->peer[i], &c->peer[i + 1], (c->n_peers - 1 - i) * sizeof c->peer[0]);
        c->peer[c->n_peers - 1] = p;
}

void control_serve(Control *c, Supervisor *s, int fd) {
        if (fd == c->listener) {
                greet(c, s);
                return;
        }
        for (size_t i = 0; i < c->n_peers; i++)
                if (c->peer[i]->fd == fd) {
                        bool spoke;
                        if (!listen_to(c->peer[i], s, &spoke))
                                drop(c, i);
                        else if (spoke)
                                last(c, i);
                        return;
                }
}

void control_answer(Supervisor *s, Bytes request, Buffer *ret) {
        _cleanup_(arena_freep) Arena *a = arena_new(64u << 10);
        tocsin_value v = { 0 };
        Why why = { 0 };
        if (!a || json_parse(a, request, &v, NULL, &why) != 0) {
                buffer_put_z(ret, "{\"ok\":false,\"error\":");
                value_print_string(ret, bytes_z(why.text));
                buffer_u8(ret, '}');
                return;
        }
        Bytes verb = tocsin_get_bytes(&v, "verb");
        if (bytes_eq_z(verb, "status")) {
                status_print(s, ret);
        } else if (bytes_eq_z(verb, "reload")) {
                if (supervisor_reload(s, &why) == 0) {
                        buffer_put_z(ret, "{\"ok\":true}");
                        return;
                }
                buffer_put_z(ret, "{\"ok\":false,\"error\":");
                value_print_string(ret, bytes_z(why.text));
                buffer_u8(ret, '}');
        } else if (bytes_eq_z(verb, "stop")) {
                supervisor_stop(s);
                buffer_put_z(ret, "{\"ok\":true}");
        } else {
                buffer_put_z(ret,
                             "{\"ok\":false,\"error\":\"verbs are status, reload and stop: {\\\"verb\\\":\\\"status\\\"}\"}");
        }
}
