#!/usr/bin/env bash
# Line protocol that must pass, and what it says.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server

# reads NAME LINE QUERY COLUMNS VALUES [MEASUREMENT]
reads() {
	write "$2"
	[ "$status" = 204 ] || { not_ok "$1" "write: $status $body"; return; }
	query "$3" -d epoch=s
	gives "$1" 200 "$(result '{"name":"'"${6:-m}"'","columns":["time",'"$4"'],"values":['"$5"']}')"
}
reads 'floats' $'fl v=1 1\nfl v=-1 2\nfl v=1.5 3\nfl v=1e5 4\nfl v=-1.5E-3 5\nfl v=007 6\nfl v=1. 7\nfl v=.5 8' \
	'SELECT v FROM fl' '"v"' '[1,1],[2,-1],[3,1.5],[4,100000],[5,-0.0015],[6,7],[7,1],[8,0.5]' fl
reads 'integers to their ends' $'in v=9223372036854775807i 1\nin v=-9223372036854775808i 2' \
	'SELECT v FROM "in"' '"v"' '[1,9223372036854775807],[2,-9223372036854775808]' in
reads 'unsigned' $'un v=18446744073709551615u 1\nun v=0u 2' 'SELECT v FROM un' '"v"' '[1,18446744073709551615],[2,0]' un
reads 'booleans' $'bo v=t 1\nbo v=T 2\nbo v=true 3\nbo v=True 4\nbo v=TRUE 5\nbo v=f 6\nbo v=F 7\nbo v=false 8\nbo v=False 9\nbo v=FALSE 10' \
	'SELECT v FROM bo' '"v"' '[1,true],[2,true],[3,true],[4,true],[5,true],[6,false],[7,false],[8,false],[9,false],[10,false]' bo
reads 'strings' 'st a="",b="x y, z=1",c="q\"q",d="b\\s",e="y\z",f="#no",g="ü" 1' \
	'SELECT a,b,c,d,e,f,g FROM st' '"a","b","c","d","e","f","g"' '[1,"","x y, z=1","q\"q","b\\s","y\\z","#no","ü"]' st
reads 'a string over two lines' $'nl v="a\nb",w=1 1\nnl w=2 2' 'SELECT v,w FROM nl' '"v","w"' '[1,"a\nb",1],[2,null,2]' nl
reads 'escapes' 'e\ m\,x,t\ k\=1=t\ v\,2,u=a\=b f\ 1\,2\=3=4 1' \
	'SELECT * FROM "e m,x"' '"f 1,2=3","t k=1","u"' '[1,4,"t v,2","a=b"]' 'e m,x'
reads 'quotes are ordinary in names' '"mm","t"="v" "f"=1 1' 'SELECT * FROM "\"mm\""' '"\"f\"","\"t\""' '[1,1,"\"v\""]' '\"mm\"'
reads 'CR before LF' $'cr v=1 1\r\ncr w="x" 2\r\n' 'SELECT v,w FROM cr' '"v","w"' '[1,1,null],[2,null,"x"]' cr
reads 'blanks before a line and in runs' $'  \t bl   v=1   5  ' 'SELECT v FROM bl' '"v"' '[5,1]' bl
reads 'no newline at the end, blank lines and comments between' $'\n# c\nno v=1 1\n\n#\nno v=2 2' 'SELECT v FROM no' '"v"' '[1,1],[2,2]' no
reads 'tags in any order are one series' $'or,a=1,b=2 v=1 1\nor,b=2,a=1 w=2 1' 'SELECT v,w FROM "or"' '"v","w"' '[1,1,2]' or
reads 'times in any order' $'to v=3 3\nto v=1 1\nto v=2 2' 'SELECT v FROM "to"' '"v"' '[1,1],[2,2],[3,3]' to
reads 'a name of many bytes' "$(printf 'l%.0s' {1..2000}) v=1 1" "SELECT v FROM $(printf 'l%.0s' {1..2000})" '"v"' '[1,1]' "$(printf 'l%.0s' {1..2000})"

write 'long s="'"$(head -c 100000 /dev/zero | tr '\0' x)"'" 1'
gives 'a string of 100000 bytes' 204 ''
query 'SELECT s FROM long'
is 'comes back whole' "$(grep -o 'x*' <<<"$body" | sort | tail -n 1 | tr -d '\n' | wc -c)" 100000
{ printf 'long s="'; head -c 1048577 /dev/zero | tr '\0' x; printf '" 2\n'; } >"$work/long"
request "$url/write?db=d&p=$token" --data-binary "@$work/long"
gives_like 'one of a byte more than 1 MiB is refused' 400 'is too long, 1048577 > 1048576'
