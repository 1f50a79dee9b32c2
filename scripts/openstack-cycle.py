#!/usr/bin/python3
"""openstack-cycle.py CLOUDS_YAML [SERVERS] [AT_ONCE]: boots and deletes servers with the official client, so many at a time.

What `docs/performance.md` compares the launcher with. Prints one line."""
import concurrent.futures
import os
import sys
import threading
import time

import openstack

path, count, at_once = sys.argv[1], int((sys.argv[2:] + ['40'])[0]), int((sys.argv[3:] + ['10'])[0])
config = openstack.config.OpenStackConfig(config_files=[path])
admin = openstack.connection.Connection(config=config.get_one('oscloud-admin'))
first = openstack.connection.Connection(config=config.get_one('oscloud'))
project = first.current_project_id
image = first.image.find_image('probe').id
flavor = first.compute.find_flavor('m1.nano').id
network = first.network.find_network('private').id
local = threading.local()


def connection():
    if not hasattr(local, 'connection'):
        local.connection = openstack.connection.Connection(config=config.get_one('oscloud'))
    return local.connection


def cycle(number):
    cloud = connection()
    server = cloud.create_server('cycle-%03d' % number, image=image, flavor=flavor, network=network,
                                 auto_ip=False, wait=True, timeout=600)
    if not server.addresses:
        raise RuntimeError('%s has no address' % server.name)
    cloud.delete_server(server.id, wait=True, timeout=600)


admin.set_compute_quotas(project, instances=30, cores=60)
try:
    began = time.time()
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        list(pool.map(cycle, range(count)))
    print('%d servers booted and deleted, %d at a time, in %.1f s; load %.1f' % (
        count, at_once, time.time() - began, os.getloadavg()[0]))
finally:
    admin.set_compute_quotas(project, instances=10, cores=20)
