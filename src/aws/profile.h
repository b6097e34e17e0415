/* The settings of one AWS profile, from the shared credentials file and the config file.
 *
 * Files: AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials, sections "[name]") and AWS_CONFIG_FILE (~/.aws/config,
 * "[default]", "[profile name]", "[services name]"). The credentials file wins. Any thread. */
#pragma once

#include "base/error.h"

typedef struct AwsProfile AwsProfile;

/* The profile called name; NULL means AWS_PROFILE, AWS_DEFAULT_PROFILE or "default". A file that does not exist is
 * empty. INVALID names file and line of what cannot be understood, or a chosen profile that no file has. */
FALLIBLE bool aws_profile_load(const char *name, AwsProfile **ret_profile, GError **error);
void aws_profile_free(AwsProfile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AwsProfile, aws_profile_free)

const char *aws_profile_name(const AwsProfile *profile);
/* A setting ("region"), or NULL. Borrowed. */
const char *aws_profile_get(const AwsProfile *profile, const char *setting);
/* Where the setting stands: "FILE:LINE", or NULL. Borrowed. */
const char *aws_profile_place(const AwsProfile *profile, const char *setting);
/* endpoint_url of a service, from the profile's services section, else the profile's own; or NULL. Borrowed. */
const char *aws_profile_endpoint(const AwsProfile *profile, const char *service);

/* The region: AWS_REGION, AWS_DEFAULT_REGION, the profile's; or NULL. Borrowed. */
const char *aws_region(const AwsProfile *profile);
/* AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's; or NULL. Borrowed. */
const char *aws_endpoint(const AwsProfile *profile, const char *service);
