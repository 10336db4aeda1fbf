/* The specification: no more than what every 64-bit machine has. */
#define TARGET
#define NAME "scalar"
#define TABLE mk_forest_scalar
#include "forest.inc.h"
