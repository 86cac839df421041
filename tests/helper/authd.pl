#!/usr/bin/perl
# authd.pl - stands for ots-auth, for tests of its clients.
#   authd.pl SOCKET LOG
# The password of everybody is "right & <good>"; "slow" is never answered, and
# "die" ends it. LOG gets the labels of each question but the secret.
use strict;
use warnings;
use IO::Socket::UNIX;

my ($path, $log) = @ARGV;
alarm 100;
unlink $path;
my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 5) or die;
open my $out, '>>', $log or die;
$out->autoflush(1);
while (my $s = $listener->accept) {
	$s->autoflush(1);
	print $out "connected\n";
	print $s "\nev:hello\tversion:1\tprogram:ots-auth\tnode:test\n";
	while (my $line = <$s>) {
		chomp $line;
		my %f = map { /^([^:]*):(.*)$/ ? ($1, $2) : () } split /\t/, $line;
		next unless ($f{ev} // '') eq 'auth';
		print $out "name=$f{name} peer=$f{peer}\n";
		exit if $f{name} eq 'die';
		next if $f{name} eq 'slow';
		my $ok = $f{secret} eq 'right & <good>';
		print $s "ev:verdict\tid:$f{id}\tname:$f{name}\t" .
			($ok ? "ok:1\n" : "ok:0\twhy:wrong password\n");
	}
}
