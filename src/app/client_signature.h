/* The signatures that AWS's clients make, for whoever checks them. */
#pragma once

#include "api/signature.h"

/* A SignatureMaker. */
char *client_signature(const SignatureInput *input);
