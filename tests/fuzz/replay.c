/* Runs a fuzz target over its corpus, file by file, as a test (TAP): what the fuzzer once found stays found.
 * usage: fuzz_x [FILE|FOLDER]... ; the empty input is always the first. */
#include <glib.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay_file(gconstpointer path)
{
    g_autofree char *bytes = NULL;
    size_t size = 0;

    g_assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    /* An exact copy on the heap, so that AddressSanitizer sees a read past the end: GLib adds a NUL. */
    g_autofree uint8_t *exact = g_memdup2(bytes, size);
    LLVMFuzzerTestOneInput(exact, size);
}

static void replay_nothing(void)
{
    static const uint8_t nothing[1] = {0};

    LLVMFuzzerTestOneInput(nothing, 0);
}

static void add_file(const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    g_autofree char *name = g_strconcat("/corpus/", base, NULL);

    g_test_add_data_func_full(name, g_strdup(path), replay_file, g_free);
}

static void add_folder(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name = NULL;

    g_assert_nonnull(folder);
    while ((name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        add_file(file);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/empty", replay_nothing);
    for (int i = 1; i < argc; i++) {
        if (g_file_test(argv[i], G_FILE_TEST_IS_DIR))
            add_folder(argv[i]);
        else
            add_file(argv[i]);
    }
    return g_test_run();
}
