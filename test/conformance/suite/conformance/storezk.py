"""The durable store of one machine in place of ZooKeeper, as far as commands and pages need it.

The harness seeds records and looks at them through a client of ZooKeeper. This is one with the same few calls: what is seeded goes into
the store with `nodepool store import` before anything looks at it, and what is looked at comes from `nodepool store export`. Nobody but
the daemon writes while it runs, so tests that do are skipped.
"""
import base64
import json
import unittest

from kazoo.exceptions import NodeExistsError, NoNodeError

#: commands that need the daemon: the others read the store themselves
ORDERS = frozenset((
    'hold', 'delete', 'image-build', 'dib-image-delete', 'image-delete', 'image-pause', 'image-unpause',
    'request-delete', 'erase', 'import-image-data', 'explain'))


class Stat:
    ephemeralOwner = 0


class StoreZk:
    def __init__(self, env):
        self._env = env
        self._data = {'/': b'', '/nodepool': b''}
        self._counts = {}
        self._dirty = True

    def start(self, *_):
        pass

    stop = close = start

    def _tree(self):
        """Return {path: bytes} as of now."""
        if not self._env.store_daemon and self._dirty:
            return self._data
        if self._env.config is None:
            return self._data
        r = self._env.store_tool('export')
        if r.returncode != 0:
            return self._data
        data, counts = {'/': b''}, {}
        for line in r.stdout.splitlines():
            d = json.loads(line)
            raw = base64.b64decode(d['base64']) if 'base64' in d else d.get('data', '').encode()
            data[d['path']] = raw
            counts[d['path']] = d.get('sequence', 0)
        self._data, self._counts = data, counts
        return data

    def flush(self):
        """Bring what was seeded into the store."""
        if not self._dirty or self._env.store_daemon:
            return
        self._dirty = False
        lines = [json.dumps({'path': p, 'base64': base64.b64encode(self._data[p]).decode(),
                             'sequence': self._counts.get(p, 0)})
                 for p in sorted(self._data) if p != '/']
        r = self._env.store_tool('import', '--force', input='\n'.join(lines) + '\n')
        assert r.returncode == 0, r.stderr

    def _write(self):
        if self._env.store_daemon:
            raise unittest.SkipTest('writes beside the daemon that has the store')
        tree = self._tree()
        self._dirty = True
        return tree

    def get(self, path):
        tree = self._tree()
        if path not in tree:
            raise NoNodeError(path)
        return tree[path], Stat()

    def exists(self, path):
        return Stat() if path in self._tree() else None

    def get_children(self, path):
        tree = self._tree()
        if path not in tree:
            raise NoNodeError(path)
        start = path.rstrip('/') + '/'
        return [p[len(start):] for p in tree if p != '/' and p.startswith(start) and '/' not in p[len(start):]]

    def ensure_path(self, path):
        tree = self._write()
        parts = path.strip('/').split('/')
        for i in range(1, len(parts) + 1):
            tree.setdefault('/' + '/'.join(parts[:i]), b'')

    def create(self, path, value=b'', makepath=False, ephemeral=False, sequence=False):
        if ephemeral:
            raise unittest.SkipTest('a session of its own in the store')
        tree = self._write()
        parent = path.rsplit('/', 1)[0] or '/'
        if makepath and parent != '/':
            self.ensure_path(parent)
        count = self._counts.get(parent, 0)
        self._counts[parent] = count + 1
        if sequence:
            path = '%s%010d' % (path, count)
        if path in tree:
            raise NodeExistsError(path)
        tree[path] = value
        return path

    def set(self, path, value):
        tree = self._write()
        if path not in tree:
            raise NoNodeError(path)
        tree[path] = value

    def delete(self, path, recursive=False):
        tree = self._write()
        for p in [p for p in tree if p == path or (recursive and p.startswith(path + '/'))]:
            del tree[p]


class NoClient:
    """There may be a client of ZooKeeper, as long as nobody uses it."""

    def close(self):
        pass

    def __getattr__(self, name):
        raise unittest.SkipTest('clients of ZooKeeper')
