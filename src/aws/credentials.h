/* AWS credentials: where they come from, in order, and how a long job picks up new ones.
 *
 * A chain asks its providers in turn (environment, profile files) and keeps the first answer until somebody reports
 * that the store refused it; then files are read anew. Any thread. Secrets are never logged, printed or put in errors.
 */
#pragma once

#include "base/error.h"

#include <stdint.h>

typedef struct AwsCredentials {
    char *access_key_id; /* NULL: anonymous, requests are not signed */
    char *secret_access_key;
    char *session_token;   /* or NULL */
    int64_t expires_at_ms; /* -1: unknown */
} AwsCredentials;

/* Wipes the secrets. */
void aws_credentials_clear(AwsCredentials *credentials);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AwsCredentials, aws_credentials_clear)
void aws_credentials_copy(const AwsCredentials *from, AwsCredentials *ret_to);

typedef enum AwsSigning {
    AWS_SIGNED,
    AWS_ANONYMOUS,
} AwsSigning;

typedef struct AwsCredentialChain AwsCredentialChain;

/* A profile chosen here, unlike AWS_PROFILE, leaves the environment's keys out. NULL: none chosen. */
AwsCredentialChain *aws_credential_chain_new(const char *profile, AwsSigning signing);
AwsCredentialChain *aws_credential_chain_ref(AwsCredentialChain *chain);
void aws_credential_chain_unref(AwsCredentialChain *chain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AwsCredentialChain, aws_credential_chain_unref)

/* A copy for the caller. CREDENTIALS if no provider has any, they expired, or a file cannot be understood. */
FALLIBLE bool aws_credential_chain_get(AwsCredentialChain *chain, AwsCredentials *ret_credentials, GError **error);

/* The store refused these: if they are still the kept ones, the next _get asks the providers again. */
void aws_credential_chain_refuse(AwsCredentialChain *chain, const AwsCredentials *refused);
