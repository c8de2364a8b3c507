(?:(a|b){0,5}[[:alpha:]_-]{2,}){3}
abab_b-aabbb