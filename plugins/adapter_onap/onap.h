/* ONAP control-loop messages into drafts of closed-loop events. Pure: no host, no clock, no I/O.
 *
 * Two families: what DCAE tells of an alarm (ONSET, ABATED), and what the policy engine tells on POLICY-CL-MGT of what it does
 * about it (ACTIVE, OPERATION, FINAL). Neither numbers its messages, so nothing is numbered here. Ids are made of
 * closedLoopControlName, requestID and what is told, so that whoever sees the second message of a loop's turn can name the first
 * without having seen it. */
#pragma once

#include "../adapter/draft.h"

typedef struct OnapOptions {
        bool keep_payload;
} OnapOptions;

/* What both families have. */
typedef struct OnapMessage {
        const tocsin_value *body, *aai;
        tocsin_bytes control, request, client, from, target, target_type;
        int64_t record_us;             /* timestamp of the record: the time of an ABATED that tells none */
} OnapMessage;

/* One message, one event; false: the kit has the reason. `raw` is the message as it came. */
bool onap_read(Kit *k, const OnapOptions *o, const Rules *rules, const tocsin_value *body, tocsin_bytes raw, int64_t record_us,
               Draft *ret);

/* ---- parts, for tests ---- */

/* The id of one step of a turn: "ONSET", "ABATED", "ACTIVE", "OPERATION", "RESULT", "FINAL" …; index: of the operation,
 * from 0. */
tocsin_bytes onap_id(Kit *k, const OnapMessage *m, const char *step, uint32_t index, tocsin_bytes more);
bool onap_alarm(Kit *k, const OnapMessage *m, Draft *d);
bool onap_notification(Kit *k, const OnapMessage *m, Draft *d);
/* Milliseconds since 1970 (from 10^14: microseconds) as a number or its text, or RFC 3339. */
bool onap_time(const tocsin_value *v, int64_t *ret_us);
/* "actor=APPC,operation=Restart,target=Target [type=VM, resourceId=null]" -> the text of a key; a comma in brackets parts
 * nothing. */
tocsin_bytes onap_pair(tocsin_bytes text, const char *key);
/* "OPERATION: SUCCESS", "OPERATION_SUCCESS" -> "OPERATION", "SUCCESS"; without: outcome len 0. */
void onap_split(tocsin_bytes text, tocsin_bytes *step, tocsin_bytes *outcome);
