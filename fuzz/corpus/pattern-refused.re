/(?!admin)(a**)\u0041[z-a]
/admin