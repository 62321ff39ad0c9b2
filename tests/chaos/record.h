/* What both plugins and the judge agree on; see Wire.java and Ledger.java. */
#pragma once

#define RECORD                                                                                               \
        "{\"name\":\"chaos.Record\",\"type\":\"record\",\"fields\":[{\"name\":\"key\",\"type\":\"string\"}," \
        "{\"name\":\"number\",\"type\":\"long\"},{\"name\":\"time\",\"type\":\"long\"},"               \
        "{\"name\":\"flag\",\"type\":\"long\"}]}"
enum { FLAG_PASS = 0, FLAG_SKIP = 1, FLAG_POISON = 2 };
#define WINDOW_US INT64_C(2000000)
#define ALARM_EVERY 50
#define ALARM_US INT64_C(300000)
