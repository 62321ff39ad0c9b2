/* What records of a pipeline's own topics say in their headers about a dead letter. Who reads a topic that others may write
 * believes these names on .dlq, .retry and .port.__rekey.* only: on the input of a port they are anybody's words.
 *
 *   .retry   what `tocsin dlq replay` sent: key, value and headers as they lay; AGAIN_PORT, AGAIN_ORIGIN, AGAIN_TIME,
 *            AGAIN_ATTEMPT, AGAIN_LETTER behind them
 *   .dlq     a letter (tocsin.DeadLetter); of a record that was replayed: AGAIN_ATTEMPT, AGAIN_LETTER
 *   .dlq     a mark: no value; LETTER_DONE, AGAIN_LETTER (in the partition of its letter and behind it, so that it lives as
 *            long), LETTER_BY, LETTER_WHY */
#pragma once

#define AGAIN_PORT "tocsin-port"         /* the input port it came in by */
#define AGAIN_ORIGIN "tocsin-origin"     /* "TOPIC/PARTITION/OFFSET", where it lay at first */
#define AGAIN_TIME "tocsin-timestamp"    /* its timestamp there, microseconds UTC */
#define AGAIN_ATTEMPT "tocsin-attempt"   /* the how many-th replay of that record this is, 1 and up */
#define AGAIN_LETTER "tocsin-letter"     /* "PARTITION/OFFSET" of the letter in .dlq */
#define LETTER_DONE "tocsin-done"        /* replay | drop */
#define LETTER_BY "tocsin-by"            /* USER@HOST */
#define LETTER_WHY "tocsin-why"          /* why, in the words of whoever did it; may be absent */

/* Names that the host sets on a replayed record; of the record's own headers these are left out. */
#define AGAIN_HEADERS { AGAIN_PORT, AGAIN_ORIGIN, AGAIN_TIME, AGAIN_ATTEMPT, AGAIN_LETTER }
