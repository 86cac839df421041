# tlslib.sh - certificates and TLS clients by openssl(1), for tests of
# ots-listen. Use it behind lib.sh, in $tmp:
#
#	make_ca				ca/: a CA of its own; ca.pem, crl.pem
#	make_cert NAME USAGE [SUBJECT]	NAME.pem, NAME.key; DAYS, END
#	revoke NAME			into the CA's list; crl FILE writes it
#	start_listen [ARG ...]		$port (TLS), $listen; out, log
#	dial NAME [ARG ...]		NAME connects and stays: $dialled; talk NAME
# shellcheck shell=sh disable=SC2154 # what lib.sh sets

# A CA made by openssl(1), in a folder of its own name.
make_ca_named()
{
	mkdir "$1" || return 1
	: >"$1/index"
	echo 1000 >"$1/serial"
	echo 01 >"$1/number"
	cat >"$1/conf" <<-EOF
		[ca]
		default_ca = it
		[it]
		database = $1/index
		serial = $1/serial
		crlnumber = $1/number
		new_certs_dir = $1
		certificate = $1.pem
		private_key = $1.key
		default_md = sha256
		default_crl_days = 30
		policy = any
		unique_subject = no
		x509_extensions = client
		[any]
		commonName = optional
		organizationName = optional
		[client]
		extendedKeyUsage = clientAuth
		[server]
		extendedKeyUsage = serverAuth
		subjectAltName = IP:127.0.0.1
	EOF
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$1.key" -out "$1.pem" -days 30 -subj "/CN=$1" \
		-addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign,cRLSign
} 2>>"$tmp/openssl"

make_ca()
{
	make_ca_named ca && crl crl.pem
}

# make_cert NAME USAGE [SUBJECT [CA]]: USAGE is client or server; it ends after
# $DAYS (20), or at $END (YYYYMMDDHHMMSSZ).
make_cert()
{
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$1.key" -out "$1.csr" -subj "${3:-/CN=$1}" &&
		openssl ca -config "${4:-ca}/conf" -batch -notext -extensions "$2" \
			-startdate 20200101000000Z \
			-enddate "${END:-$(date -u -d "+${DAYS:-20} days" \
				+%Y%m%d%H%M%SZ)}" -in "$1.csr" -out "$1.pem"
} >>"$tmp/openssl" 2>&1

revoke()
{
	openssl ca -config ca/conf -revoke "$1.pem" >>"$tmp/openssl" 2>&1
}

# crl FILE [ARG ...]: the list, put in place at once.
crl()
{
	crl_file=$1
	shift
	openssl ca -config ca/conf -gencrl "$@" >"$crl_file.new" \
		2>>"$tmp/openssl" && mv "$crl_file.new" "$crl_file"
}

# serial NAME: as records have it.
serial()
{
	openssl x509 -in "$1.pem" -noout -serial |
		sed 's/^serial=0*//' | tr 'A-F' 'a-f'
}

tls_port()
{
	port=$(sed -n 's/.* ev=listen via=tls addr=.*:\([0-9]*\)$/\1/p' log |
		tail -n 1)
	[ -n "$port" ]
}

# start_listen [ARG ...]: ots-listen for TLS; deliveries go to descriptor 7,
# records come in ./out, the log is ./log.
start_listen()
{
	exec 7>&-
	rm -f ring
	mkfifo ring
	exec 7<>ring
	: >log
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'exec ots-listen "$@" <ring >out 2>log' sh \
		--tls 127.0.0.1:0 --cert server.pem --key server.key --ca ca.pem \
		--crl crl.pem --node n "$@" 7>&-
	listen=$spawned
	wait_for tls_port || diag "ots-listen does not start: $(cat log)"
}

stop_listen()
{
	kill -9 "$listen"
	wait "$listen" 2>/dev/null
}

# dial NAME [ARG ...]: a client that stays; what it gets is in NAME.got.
# Its process is $dialled; `talk NAME TEXT` sends.
dial()
{
	dial_name=$1
	shift
	rm -f "$dial_name.in"
	mkfifo "$dial_name.in"
	: >"$dial_name.got"
	# Both ways, so that neither end waits for the other.
	# shellcheck disable=SC2016 # for the inner shell
	spawn sh -c 'name=$1; shift; exec openssl s_client "$@" \
		<>"$name.in" >"$name.got" 2>"$name.err"' sh "$dial_name" \
		-connect "127.0.0.1:$port" -CAfile ca.pem -quiet \
		-cert "$dial_name.pem" -key "$dial_name.key" "$@" 7>&-
	# shellcheck disable=SC2034 # for the test
	dialled=$spawned
}

# talk NAME TEXT
talk()
{
	printf '%s' "$2" >"$1.in"
}

# once NAME [ARG ...]: connects, says nothing and waits to be hung up; fails if
# that takes 10 seconds.
once()
{
	once_name=$1
	shift
	[ -p silence ] || mkfifo silence
	timeout --foreground -k 5 10 openssl s_client \
		-connect "127.0.0.1:$port" -CAfile ca.pem -quiet \
		-cert "$once_name.pem" -key "$once_name.key" "$@" \
		<>silence >"$once_name.got" 2>"$once_name.err" 7>&-
	[ $? != 124 ]
}

# logged ERE, recorded ERE: there is such a line.
logged()
{
	grep -q -E -e "$1" log
}

recorded()
{
	grep -q -E -e "$1" out
}
