/* A main for fuzz targets where libFuzzer is not: runs every file that is named, and every file of a folder that is. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path) {
        FILE *f = fopen(path, "rb");
        if (!f)
                return -1;
        uint8_t *data = NULL;
        size_t n = 0, size = 0;
        for (int c; (c = fgetc(f)) != EOF; data[n++] = (uint8_t)c)
                if (n == size) {
                        size = size ? 2 * size : 4096;
                        data = realloc(data, size);
                        if (!data)
                                abort();
                }
        fclose(f);
        /* Exactly as many bytes as there are, so that a read past them is seen. */
        uint8_t *exact = malloc(n ? n : 1);
        if (!exact)
                abort();
        for (size_t i = 0; i < n; i++)
                exact[i] = data[i];
        LLVMFuzzerTestOneInput(exact, n);
        free(exact);
        free(data);
        return 0;
}

static unsigned run(const char *path) {
        DIR *folder = opendir(path);
        if (!folder)
                return run_file(path) == 0;
        unsigned n = 0;
        for (struct dirent *e; (e = readdir(folder)) != NULL;) {
                char file[4096];
                if (e->d_name[0] == '.')
                        continue;
                snprintf(file, sizeof file, "%s/%s", path, e->d_name);
                n += run(file);
        }
        closedir(folder);
        return n;
}

int main(int argc, char **argv) {
        unsigned n = 0;
        for (int i = 1; i < argc; i++)
                n += run(argv[i]);
        printf("%u inputs\n", n);
        return n ? 0 : 1;
}
