#!/usr/bin/perl
# pgd.pl - a PostgreSQL server that means ill, for tests.
#   pgd.pl SOCKET copy		answers each query with the begin of a COPY
#   pgd.pl SOCKET narrow	answers with rows that have no column
#   pgd.pl SOCKET endless	answers one query without an end
#   pgd.pl SOCKET null		answers with rows of one null
# What sets the connection up is answered as it should be.
use strict;
use warnings;
use IO::Socket::UNIX;

my ($path, $how) = @ARGV;
$SIG{PIPE} = 'IGNORE';
my $listen = IO::Socket::UNIX->new(Local => $path, Listen => 5) or die "$!\n";

sub message { my ($kind, $body) = @_; $kind . pack('N', 4 + length $body) . $body }

my $idle = message('Z', 'I');
my $done = message('C', "SELECT 1\0");
my $narrow = message('T', pack 'n', 0);
my $wide = message('T', pack('n', 1) . "x\0" . pack 'NnNnNn', 0, 0, 20, 8, -1, 0);
my %rows = (
	copy => ['', message('G', pack 'Cn', 0, 0)],
	narrow => [$narrow, message('D', pack 'n', 0) . $done],
	null => [$wide, message('D', pack 'nN', 1, 0xffffffff) . $done],
	endless => ['', $done x 1000],
);

sub serve
{
	my ($s) = @_;
	my ($head, $body);
	read $s, $head, 4;
	read $s, $body, unpack('N', $head) - 4;
	print $s message('R', pack 'N', 0), $idle;
	while (read($s, $head, 5) == 5) {
		my ($kind, $n) = unpack 'aN', $head;
		read $s, $body, $n - 4 if $n > 4;
		my ($head_of, $rows) = @{$rows{$how}};
		if ($kind eq 'Q' && $body =~ /^(SET|BEGIN|COMMIT|ROLLBACK)/) {
			print $s message('C', "$1\0"), $idle;
		} elsif ($kind eq 'Q') {
			print $s $head_of, $rows, $how eq 'endless' ? '' : $idle;
			1 while $how eq 'endless' && print $s $rows;
		} elsif ($kind eq 'E') {
			print $s $rows;
		} else {
			my %plain = (P => message('1', ''), B => message('2', ''),
				D => $head_of, S => $idle);
			print $s $plain{$kind} // '';
		}
	}
}

while (my $s = $listen->accept) {
	$s->autoflush(1);
	serve($s);
	close $s;
}
