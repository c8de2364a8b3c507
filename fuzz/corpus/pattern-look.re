(?s).*\Aa|b\z|[^\pN\d]+$
é€ a