#!/usr/bin/perl
# overhang canary 5477badcac6ec08f59e0fe1d66bb3f72
# usage: drop.pl ID FILE   (found on the exercise's machine; the look-ups are replaced by a print)
my($i,$f)=@ARGV;$i=hex$i;open F,$f or die;binmode F;undef$/;my$d=<F>;($f)=$f=~m{([^/]*)$};
my@a=split//,'k7qzx3w9vhj2m5rtpny4b8dgf6csl0ae';$d=chr(length$f).$f.$d;
my$c=0xFFFFFFFF;for(unpack'C*',$d){$c^=$_;$c=$c&1?$c>>1^0xEDB88320:$c>>1 for 1..8}$c^=0xFFFFFFFF;
my$s=$i*2654435761+12345&0xFFFFFFFF;my$m='';
for(unpack'C*',$d){$s=$s*1103515245+12345&0xFFFFFFFF;$m.=chr($_^$s>>16&255)}
my$n=0;while(length$m){my$b=unpack'B*',substr$m,0,20,'';$b.='0'while length($b)%5;my$l='';
$l.=$a[oct"0b$_"]for$b=~/.{5}/g;printf"%s.%x-%04x.cdn.parcel-status.example\n",$l,$n++,$i}
printf"%08x.%x-%04x.end.parcel-status.example\n",$c,$n,$i;
