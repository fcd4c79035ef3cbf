/*
 * program/owner.c - root at the command line becomes the user whose home it is
 *
 * Every file of a store is for its owner alone, mode 0600, and the next log or region file belongs
 * to whoever needs it first. Were that root, the programs of the web server's user could not open
 * it, and the store would be dead for them. So root gives up being root, groups included, before
 * the store is touched; which also keeps root's files safe from what that user may have put there.
 *
 * An owner who cannot even reach the home, since a folder above it is closed, runs no programs on
 * it as just that user: then root stays root.
 */
#include "program/program.h"

#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

/* Asked with the owner's eyes: folders above the home are not theirs to open or to shut. */
static bool
owner_reaches(const char *home, uid_t uid, gid_t gid)
{
	struct stat st;
	bool reached;

	if (setegid(gid) != 0 || seteuid(uid) != 0)
		return false;
	reached = stat(home, &st) == 0;
	return seteuid(0) == 0 && setegid(0) == 0 && reached;
}

int
program_become_owner(const struct program *program, struct err *err)
{
	const char *home = program->settings.home;
	struct stat st;

	if (geteuid() != 0 || stat(home, &st) != 0 || st.st_uid == 0)
		return 0;
	if (setgroups(0, NULL) == 0) {
		if (!owner_reaches(home, st.st_uid, st.st_gid))
			return 0;
		if (setgid(st.st_gid) == 0 && setuid(st.st_uid) == 0)
			return 0;
	}
	return err_set(err, ERR_IO, "%s belongs to user %lu, and root cannot become that user: %s",
	    home, (unsigned long)st.st_uid, strerror(errno));
}
