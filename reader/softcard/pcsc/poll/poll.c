/* Loaded before pcscd: it looks at its readers every 400 ms, a constant; here its
 * sleeps are as long as the environment says, in microseconds, if that is shorter. */
#include <stdlib.h>
#include <time.h>

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	static long poll; /* read once; threads that race read the same */
	if (poll == 0)
		poll = atol(getenv("GUICHET_PCSC_POLL"));
	struct timespec rest = {poll / 1000000, poll % 1000000 * 1000};
	if (wanted->tv_sec < rest.tv_sec || (wanted->tv_sec == rest.tv_sec && wanted->tv_nsec < rest.tv_nsec))
		rest = *wanted;
	return clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, left);
}
