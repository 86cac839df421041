/* ots-certs: the certificate authority. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "ask.h"
#include "ca_own.h"
#include "commands.h"
#include "die.h"
#include "opt.h"

/* Keys and passwords are in this memory: no core of it. */
static void
guard_secrets(void)
{
	if (secret_process() < 0)
		die_sys(EXIT_TEMP, "unable to forbid core files");
	umask(077);
}

int
main(int argc, char **argv)
{
	struct certs c = {0};
	uint64_t passphrase_fd = SECRET_FD_NONE;
	const struct opt opts[] = {
	    {0, "ca", "DIR", "OTS_CA_FOLDER", OPT_STR, &c.ca, 0, 0, NULL,
		"folder of the CA (DATA/ca)"},
	    {0, "data", "DIR", "OTS_DATA_FOLDER", OPT_STR, &c.data, 0, 0, NULL,
		"data folder (~/ots)"},
	    {0, "passphrase-fd", "FD", NULL, OPT_U64, &passphrase_fd, 0,
		SECRET_FD_MAX, NULL,
		"read the passphrase of the CA's keys from FD"},
	    {0},
	};
	const struct opt_command commands[] = {
	    cmd_init,
	    cmd_server,
	    cmd_client,
	    cmd_sign,
	    cmd_p12,
	    cmd_package,
	    cmd_qr,
	    cmd_list,
	    cmd_show,
	    cmd_revoke,
	    cmd_crl,
	    cmd_renew,
	    cmd_import,
	    cmd_check,
	    {0},
	};
	const struct opt_prog prog = {"ots-certs",
	    "[options] COMMAND [options] [ARG ...]",
	    "The certificate authority: makes, packs, lists and revokes "
	    "certificates.",
	    opts, &c, 0, 0};
	const struct opt_command *command;
	struct opt_common common;
	int status;

	guard_secrets();
	command = opt_parse_command(&prog, commands, &common, argc, argv);
	if (common.check_only)
		return 0;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_sys(EXIT_TEMP, "unable to set signals");
	c.verbose = common.verbose;
	ca_passphrase_from(passphrase_fd);
	status = command->run(&c, common.nargs, common.args);
	if (fflush(stdout) != 0 || ferror(stdout))
		die_sys(EXIT_TEMP, "unable to write to standard output");
	return status;
}
