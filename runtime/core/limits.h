/* Every bound in the house on what others control, with its reason. */
#pragma once

#define LIMIT_RECORD_BYTES (1u << 20)       /* Kafka's default message.max.bytes */
#define LIMIT_DECODE_BYTES (64u << 20)      /* values of one record: 64 bytes of tree for each byte of message */
#define LIMIT_SCRATCH_BYTES (16u << 20)     /* a plugin's scratch in one callback */
#define LIMIT_KEY_BYTES 1024u               /* a table key: fits a cache of keys, larger is a design error */
#define LIMIT_VALUE_BYTES (1u << 20)        /* a table value travels as one changelog record */
#define LIMIT_TIMER_NAME_BYTES 512u
#define LIMIT_DEPTH 64u                     /* nested values: no honest event is deeper, and no stack suffers */
#define LIMIT_ZERO_ITEMS 65536u             /* array items that take no bytes on the wire */
#define LIMIT_SCHEMA_BYTES (256u << 10)     /* text of one schema */
#define LIMIT_SCHEMA_NODES 4096u            /* types of one schema */
#define LIMIT_RECORD_FIELDS 254u            /* a field handle has one byte a level, 0 and 255 kept */
#define LIMIT_PORTS 32u                     /* of one plugin */
#define LIMIT_METRICS 256u                  /* of one plugin */
#define LIMIT_PARTITIONS 4096u              /* of one topic: task numbers are small integers */
#define LIMIT_CONFIG_BYTES (4u << 20)       /* a configuration or registry file */
#define LIMIT_HEADERS 64u                   /* of one Kafka record */
