^/carts/[0-9a-f-]+(/items/\d{1,4})?$
/carts/7f/items/12