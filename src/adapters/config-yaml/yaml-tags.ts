import type { Tags } from 'yaml';

type AnyTag = Exclude<Tags[number], string>;

/**
 * YAML 1.1 as the original's loader reads it: `yes` and `on` are booleans, `y` is not; an exponent makes a number only together
 * with a point (ids like `12e4567` stay text); dates stay text; no sets, no binaries.
 */
export function tagsOfTheOriginal(tags: Tags): Tags {
  const kept: Tags = [];
  for (const tag of tags) {
    if (typeof tag === 'string') kept.push(tag);
    else if (!/:(binary|omap|pairs|set|timestamp)$/.test(tag.tag)) kept.push(asOriginal(tag));
  }
  return kept;
}

function asOriginal(tag: AnyTag): AnyTag {
  if (!('test' in tag) || !tag.test) return tag;
  if (tag.tag === 'tag:yaml.org,2002:bool') {
    return tag.test.test('yes')
      ? { ...tag, test: /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/ }
      : { ...tag, test: /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/ };
  }
  // A point alone is text: `module: .`.
  if (tag.tag === 'tag:yaml.org,2002:float' && tag.test.test('.')) {
    return { ...tag, test: /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/ };
  }
  if (tag.format === 'EXP') return { ...tag, test: /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*[eE][-+][0-9]+$/ };
  return tag;
}
