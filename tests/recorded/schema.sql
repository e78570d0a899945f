CREATE TABLE alembic_version
CREATE INDEX ix_orders_created_at_id ON orders (created_at, id)
CREATE INDEX ix_orders_total_id ON orders (total, id)
CREATE INDEX ix_orders_user_id ON orders (user_id)
CREATE INDEX ix_users_created_at_id ON users (created_at, id)
CREATE INDEX ix_users_name_id ON users (name, id)
CREATE TABLE orders ( id CHAR(32) NOT NULL, number VARCHAR(40) NOT NULL, status VARCHAR(50) NOT NULL, total NUMERIC(12, 2) NOT NULL, user_id CHAR(32) NOT NULL, created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL, deleted_at DATETIME, version INTEGER NOT NULL, CONSTRAINT pk_orders PRIMARY KEY (id), CONSTRAINT fk_orders_user_id_users FOREIGN KEY(user_id) REFERENCES users (id), CONSTRAINT uq_orders_number UNIQUE (number), CONSTRAINT ck_orders_orderstatus CHECK (status IN ('pending', 'paid', 'cancelled')) )
CREATE TABLE users ( id CHAR(32) NOT NULL, email VARCHAR(254) NOT NULL, name VARCHAR(100) NOT NULL, is_active BOOLEAN NOT NULL, created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL, deleted_at DATETIME, version INTEGER NOT NULL, CONSTRAINT pk_users PRIMARY KEY (id), CONSTRAINT uq_users_email UNIQUE (email) )
