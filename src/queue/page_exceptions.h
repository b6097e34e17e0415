/* The objects of a finished page that differ from it: a row each, and how many failed for which reason. */
#pragma once

#include "queue/queue.h"

/* exceptions: ObjectException, or NULL. In the transaction that finishes the page. */
FALLIBLE bool page_exceptions_put(DbTx *tx, const Claim *claim, const GArray *exceptions, GError **error);
