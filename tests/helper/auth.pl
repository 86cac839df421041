#!/usr/bin/perl
# auth.pl - a client of ots-auth, for tests.
#   auth.pl SOCKET watch		what comes, on standard output, to the end
#   auth.pl SOCKET ask NAME SECRET PEER [COUNT [FROM]]
#		COUNT requests at once, with ids from FROM; prints one line for
#		each kind of answer: how many, and what; then the milliseconds
#   auth.pl SOCKET raw FILE		sends the file, and is like watch
#   auth.pl SOCKET deaf SECONDS		watches without reading
use strict;
use warnings;
use IO::Socket::UNIX;
use Time::HiRes 'time';

my ($path, $what, @args) = @ARGV;
$| = 1;
alarm 100;
$SIG{PIPE} = 'IGNORE';
my $s = IO::Socket::UNIX->new($path) or die "$path: $!\n";
$s->autoflush(1);
print $s "\nev:hello\tversion:1\tprogram:test\tnode:local\n";
if ($what eq 'ask') {
	my ($name, $secret, $peer, $count, $from) = @args;
	my ($start, $all, %said, %ids) = (time, '');
	$count //= 1;
	$from //= 0;
	for my $i ($from .. $from + $count - 1) {
		$all .= "ev:auth\tid:$i\tname:$name\tsecret:$secret\tpeer:$peer\n";
	}
	print $s $all;
	while (keys %ids < $count && defined(my $line = <$s>)) {
		next unless $line =~ /^ev:verdict\tid:(\d+)\tname:\Q$name\E\tok:([01])(?:\twhy:(.*))?$/;
		die "twice: $1\n" if $ids{$1}++;
		$said{$2 ? 'ok' : $3}++;
	}
	print "$said{$_} $_\n" for sort keys %said;
	printf "%d ms\n", (time - $start) * 1000;
	exit(keys %ids != $count);
}
if ($what eq 'raw') {
	local $/;
	open my $f, '<', $args[0] or die;
	print $s scalar <$f>;
} else {
	print $s "ev:watch\n";
}
if ($what eq 'deaf') {
	sleep $args[0];
	exit;
}
while ($s->sysread(my $part, 65536)) {
	print $part;
}
