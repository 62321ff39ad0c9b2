/* sd_notify without libsystemd: what the service manager that started us wants to hear, if one did.
 *
 * Nothing is said twice, nothing blocks: what cannot be sent now is sent at the next turn. [one thread] */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "core/error.h"

#define NOTIFY_STATUS_MAX 256u       /* what `systemctl status` shows of us */

typedef enum NotifyPhase { NOTIFY_STARTING, NOTIFY_READY, NOTIFY_RELOADING, NOTIFY_STOPPING } NotifyPhase;

typedef struct Notify {
        int fd;                      /* -1: nobody listens */
        struct sockaddr_un to;
        socklen_t to_len;
        NotifyPhase told;
        char status[NOTIFY_STATUS_MAX]; /* told */
        int64_t watchdog_us;         /* it wants a sign of life at least this often; 0: never */
        int64_t beat_us;             /* monotonic: when the next one is due */
} Notify;

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and takes them out of the environment: no child speaks for us.
 * 0, also when nobody listens | NOTIFY_E_ADDRESS: *why; nobody listens then */
int notify_open(Notify *ret, Why *why);
enum { NOTIFY_E_ADDRESS = 1 };
void notify_close(Notify *n);
/* Once a turn of the main loop; the sign of life is sent from nowhere else. Status: one line, whatever bytes it has. `grace_us`:
 * how long from now the end may take; read in NOTIFY_STOPPING. */
void notify_turn(Notify *n, NotifyPhase phase, const char *status, int64_t grace_us, int64_t now_us);
/* Monotonic: when notify_turn() has something to do even if nothing happens; INT64_MAX: never. */
int64_t notify_due_us(const Notify *n);
