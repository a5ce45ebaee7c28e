# Says of each year on standard input whether it is a leap year.
{ print $1, (($1 % 4 == 0 && $1 % 100 != 0) || $1 % 400 == 0) ? "leap" : "common" }
