/* What the I/O thread (http_engine.c) and the callers' side (http_client.c) of the client share. */
#pragma once

#include "curl_late.h"
#include "net/http_client.h"

#define HTTP_SMALL_BUFFER   (64 * 1024)
#define HTTP_HEAD_BYTES_MAX (256 * 1024)

typedef enum TransferState {
    TRANSFER_WAITING, /* not on the wire yet */
    TRANSFER_ACTIVE,
    TRANSFER_ENDED,
} TransferState;

/* Two references: the caller's and the engine's. */
struct HttpTransfer {
    gint ref_count;
    HttpClient *client;

    /* The engine's alone. */
    struct {
        CURL *easy;
        struct curl_slist *headers;
        char *url;
        char *method;
        uint8_t *body;
        size_t body_len;
        TransferState state;
        int64_t progress_at_ms; /* when a byte last moved */
        bool is_paused;
        size_t head_bytes;
        bool is_head_too_large;
        char problem[CURL_ERROR_SIZE];
    } engine;

    GMutex mutex;
    GCond changed;
    struct {
        int status;
        GPtrArray *headers; /* name, value, name, value … */
        bool has_head;
        bool is_ended;
        bool is_wanted; /* somebody waits for it */
        bool is_pause_wanted;
        size_t resume_below;
        GError *error;
        uint8_t *data;
        size_t start;
        size_t len;
        size_t capacity;
    } locked;
};

typedef enum CommandKind { COMMAND_START, COMMAND_RESUME, COMMAND_WANT, COMMAND_CANCEL } CommandKind;

/* Holds a reference of the transfer. */
typedef struct Command {
    CommandKind kind;
    HttpTransfer *transfer;
} Command;

typedef enum ClientStage {
    CLIENT_RUNNING,
    CLIENT_STOPPED, /* everything is cancelled */
    CLIENT_CLOSING,
} ClientStage;

struct HttpClient {
    gint ref_count;
    GThread *thread;
    CURLM *multi;
    struct {
        uint32_t max_connections;
        uint32_t connect_timeout_ms;
        uint32_t stall_timeout_ms;
        size_t buffer_bytes;
        size_t total_buffer_bytes;
        char *ca_file;
        char *user_agent;
    } options;
    gsize buffered_bytes; /* atomic: all bodies' bytes not read yet */

    GMutex mutex;
    GCond stage_changed;
    struct {
        GArray *commands;
        ClientStage stage;
    } locked;

    /* The engine's alone. */
    struct {
        GQueue waiting;    /* HttpTransfer, in order of start */
        GPtrArray *active; /* HttpTransfer on the wire */
        GPtrArray *idle;   /* CURL handles for reuse */
        uint32_t paused;
        int64_t swept_at_ms;
    } engine;
};

void transfer_unref(HttpTransfer *transfer);

/* The I/O thread's main function; data is the HttpClient. */
gpointer http_engine_run(gpointer data);
