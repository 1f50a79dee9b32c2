#!/usr/bin/env node
import '../dist/apps/main/nodepool-builder.js';
