// Random Cedar worlds: a schema, policies and templates with links, entities, requests.
//
//   const world = makeCase(seed, number)       the same for the same two numbers, for ever
//   {id, schema, policies: {id: text}, templates: {id: text}, links: [{template, id, values}], entities, requests, typed}
//
// A typed case leaves out of its JSON what the schema tells: escapes of entities and extension values, and the actions.
// Policies are written from the schema's types, so that most of them are evaluated to the end and about half
// of the cases validate; how often an operand, an attribute or an entity is wrong differs from case to case.
// Integers in JSON stay below 2^53, since JavaScript rounds others; the edges of 64 bits stand in policy text.

// A generator of 32-bit numbers (splitmix32 by Steele, Lea and Flood) with what the makers below ask of it.
export class Dice {
  constructor(seed) {
    this.state = seed >>> 0;
  }
  next() {
    this.state = (this.state + 0x9e3779b9) >>> 0;
    let z = this.state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  }
  below(n) {
    return this.next() % n;
  }
  chance(probability) {
    return this.next() < probability * 4294967296;
  }
  pick(list) {
    return list[this.below(list.length)];
  }
  some(list, probability) {
    return list.filter(() => this.chance(probability));
  }
}

const LONG = { kind: 'Long' };
const STRING = { kind: 'String' };
const BOOL = { kind: 'Bool' };
const EXTENSIONS = ['ipaddr', 'decimal', 'datetime', 'duration'];
const STRINGS = ['', 'a', 'ab', 'aba', '*', 'a*b', 'é', '日本語', '𝒳y', 'tab\there', 'quote"d', 'back\\slash', '10.0.0.1', '1.5',
  '2024-02-29', '1d', 'nul\0'];
const NAMES = ['a', 'b', 'c', 'name', 'odd name', 'é', 'in'];
const TEXTS = {
  ipaddr: ['10.0.0.1', '10.0.0.0/8', '127.0.0.1', '::1', 'ff02::1', 'fe80::/10', '0.0.0.0/0', '224.0.0.251'],
  decimal: ['0.0', '1.5', '-1.5', '922337203685477.5807', '-922337203685477.5808', '0.0001'],
  datetime: ['2024-02-29', '1970-01-01', '2024-10-15T11:38:02Z', '2024-10-15T11:38:02.123+0530', '0000-01-01', '9999-12-31T23:59:59.999Z'],
  duration: ['1d', '-1d2h', '1h30m', '3s', '5ms', '0ms', '-9223372036854775808ms', '106751991167d'],
};
const BAD_TEXTS = ['', 'x', '1', '10.0.0.256', '1.23456', '2023-02-29', '1h1d', '::1::', '10.0.0.1/33', '2024-01-01T25:00:00Z'];
const FUNCTIONS = { ipaddr: 'ip', decimal: 'decimal', datetime: 'datetime', duration: 'duration' };

const quoted = (text) => '"' + text.replace(/[\\"]/g, '\\$&').replace(/\0/g, '\\0').replace(/\t/g, '\\t').replace(/\n/g, '\\n') + '"';
const isName = (name) => /^[A-Za-z_]\w*$/.test(name) && !['in', 'if', 'is', 'has', 'like', 'then', 'else', 'true', 'false'].includes(name);
const key = (name) => (isName(name) ? name : quoted(name));
const dotted = (base, name) => (isName(name) ? `${base}.${name}` : `${base}[${quoted(name)}]`);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// --- schema ------------------------------------------------------------------------------------------------------

function makeType(dice, names, depth) {
  const roll = dice.below(depth > 0 ? 11 : 7);
  if (roll < 1) return BOOL;
  if (roll < 3) return LONG;
  if (roll < 4) return STRING;
  if (roll < 6) return { kind: 'Entity', name: dice.pick(names) };
  if (roll < 7) return { kind: 'Extension', name: dice.pick(EXTENSIONS) };
  if (roll < 9) return { kind: 'Set', element: makeType(dice, names, depth - 1) };
  return makeRecord(dice, names, depth - 1);
}

function makeRecord(dice, names, depth) {
  const attributes = {};
  for (const name of dice.some(NAMES, 0.45))
    attributes[name] = { type: makeType(dice, names, depth), required: dice.chance(0.6) };
  return { kind: 'Record', attributes };
}

function typeText(type) {
  if (type.kind === 'Entity') return type.name;
  if (type.kind === 'Extension') return type.name;
  if (type.kind === 'Set') return `Set<${typeText(type.element)}>`;
  if (type.kind !== 'Record') return type.kind;
  const fields = Object.entries(type.attributes).map(([name, { type: of, required }]) => `${quoted(name)}${required ? '' : '?'}: ${typeText(of)}`);
  return `{ ${fields.join(', ')} }`;
}

function makeSchema(dice) {
  const space = dice.pick(['', '', 'Acme', 'Acme::Sub']);
  const full = (name) => (space ? `${space}::${name}` : name);
  const names = ['User', 'Group', 'File', 'Folder', 'Color'].map(full);
  const [user, group, file, folder, color] = names;
  const entities = {};
  const above = { [user]: [group], [group]: dice.chance(0.7) ? [group] : [], [file]: [folder], [folder]: dice.pick([[folder], [folder, group], []]) };
  for (const name of names.slice(0, 4))
    entities[name] = { memberOf: above[name], shape: makeRecord(dice, names, 2), tags: dice.chance(0.4) ? makeType(dice, names, 1) : null };
  entities[color] = { memberOf: [], shape: { kind: 'Record', attributes: {} }, tags: null, choices: ['red', 'green', 'é'] };
  const actionType = full('Action');
  const actions = {};
  for (const id of ['read', 'write', 'odd action'])
    actions[id] = {
      uid: { type: actionType, id },
      parents: dice.some(['all', 'some'], 0.5),
      principals: dice.pick([[user], [user, group], [user, file]]),
      resources: dice.pick([[file], [file, folder], [folder], [file, color]]),
      context: makeRecord(dice, names, 2),
    };
  for (const id of ['all', 'some'])
    actions[id] = { uid: { type: actionType, id }, parents: id === 'some' && dice.chance(0.5) ? ['all'] : [], principals: [], resources: [] };
  return { space, names, entities, actions, text: schemaText(space, entities, actions) };
}

function schemaText(space, entities, actions) {
  const short = (name) => (space ? name.slice(space.length + 2) : name);
  const lines = [];
  for (const [name, { memberOf, shape, tags, choices }] of Object.entries(entities)) {
    if (choices) {
      lines.push(`entity ${short(name)} enum [${choices.map(quoted).join(', ')}];`);
      continue;
    }
    const parents = memberOf.length ? ` in [${memberOf.join(', ')}]` : '';
    lines.push(`entity ${short(name)}${parents} = ${typeText(shape)}${tags ? ` tags ${typeText(tags)}` : ''};`);
  }
  for (const [id, { parents, principals, resources, context }] of Object.entries(actions)) {
    const groups = parents.length ? ` in [${parents.map(quoted).join(', ')}]` : '';
    const applies = principals.length
      ? ` appliesTo { principal: [${principals.join(', ')}], resource: [${resources.join(', ')}], context: ${typeText(context)} }`
      : '';
    lines.push(`action ${quoted(id)}${groups}${applies};`);
  }
  return space ? `namespace ${space} {\n${lines.join('\n')}\n}\n` : lines.join('\n') + '\n';
}

// --- expressions -------------------------------------------------------------------------------------------------

const uidText = ({ type, id }) => `${type}::${quoted(id)}`;

// Writes expressions of a wanted type for one request environment: the types of principal, action, resource.
class Writer {
  constructor(dice, schema, environment, wrong) {
    Object.assign(this, { dice, schema, environment, wrong });
    this.known = []; // paths whose presence a condition around has tested
  }

  variables() {
    const { principal, resource, context } = this.environment;
    return [
      ['principal', { kind: 'Entity', name: principal }],
      ['resource', { kind: 'Entity', name: resource }],
      ['context', context],
    ];
  }

  // All paths of up to three attributes: [text, type, the paths that must be tested first].
  paths() {
    const out = [];
    const walk = (text, type, guards, depth) => {
      out.push([text, type, guards]);
      const shape = type.kind === 'Record' ? type : type.kind === 'Entity' ? this.schema.entities[type.name]?.shape : null;
      if (!shape || depth === 0) return;
      for (const [name, { type: of, required }] of Object.entries(shape.attributes)) {
        const guard = required ? [] : [`${text} has ${key(name)}`];
        walk(dotted(text, name), of, [...guards, ...guard], depth - 1);
      }
    };
    for (const [name, type] of this.variables()) walk(name, type, [], 3);
    return out;
  }

  // A value of a type: a path when there is one, else a literal. An optional one is tested before.
  value(type, depth) {
    const { dice } = this;
    if (dice.chance(this.wrong)) type = makeType(dice, this.schema.names, 1);
    if (dice.chance(0.65)) {
      const found = this.paths().filter(([, of]) => same(of, type));
      if (found.length) {
        const [text, , guards] = dice.pick(found);
        const untested = guards.filter((guard) => !this.known.includes(guard));
        if (!untested.length || dice.chance(this.wrong)) return text;
        const tests = untested.join(' && ');
        return `(if ${tests} then ${text} else ${this.literal(type, depth)})`;
      }
    }
    return depth > 0 && dice.chance(0.6) ? this.composed(type, depth) : this.literal(type, depth);
  }

  literal(type, depth) {
    const { dice } = this;
    switch (type.kind) {
      case 'Bool':
        return dice.pick(['true', 'false']);
      case 'Long':
        return dice.pick(['0', '1', '-1', '2', '7', '100', '9223372036854775807', '(-9223372036854775808)', '4611686018427387904']);
      case 'String':
        return quoted(dice.pick(STRINGS));
      case 'Entity':
        return uidText(this.uid(type.name));
      case 'Extension':
        return `${FUNCTIONS[type.name]}(${quoted(dice.pick(dice.chance(this.wrong) ? BAD_TEXTS : TEXTS[type.name]))})`;
      case 'Set': {
        const items = Array.from({ length: 1 + dice.below(3) }, () => this.value(type.element, depth - 1));
        return `[${items.join(', ')}]`;
      }
      default: {
        const fields = Object.entries(type.attributes)
          .filter(([, { required }]) => required || dice.chance(0.5))
          .map(([name, { type: of }]) => `${key(name)}: ${this.value(of, depth - 1)}`);
        return `{${fields.join(', ')}}`;
      }
    }
  }

  uid(type) {
    const choices = this.schema.entities[type]?.choices;
    if (choices && !this.dice.chance(this.wrong)) return { type, id: this.dice.pick(choices) };
    return { type, id: this.dice.pick(['0', '0', '1', '1', 'é', 'no"one']) };
  }

  composed(type, depth) {
    const { dice } = this;
    if (type.kind === 'Bool') return `(${this.condition(depth - 1)})`;
    if (dice.chance(0.2)) return `(if ${this.condition(depth - 1)} then ${this.value(type, depth - 1)} else ${this.value(type, depth - 1)})`;
    if (type.kind === 'Long') {
      const roll = dice.below(7);
      if (roll === 0) return `(-${this.value(type, depth - 1)})`;
      if (roll === 1) return `${this.value({ kind: 'Extension', name: 'duration' }, 0)}.${dice.pick(['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays'])}()`;
      return `(${this.value(type, depth - 1)} ${dice.pick(['+', '-', '*'])} ${this.value(type, depth - 1)})`;
    }
    if (type.kind === 'Extension' && type.name === 'datetime')
      return dice.chance(0.5) ? `${this.value(type, 0)}.toDate()` : `${this.value(type, 0)}.offset(${this.value({ kind: 'Extension', name: 'duration' }, 0)})`;
    if (type.kind === 'Extension' && type.name === 'duration') {
      const time = this.value({ kind: 'Extension', name: 'datetime' }, 0);
      return dice.chance(0.5) ? `${time}.toTime()` : `${time}.durationSince(${this.value({ kind: 'Extension', name: 'datetime' }, 0)})`;
    }
    const tagged = Object.entries(this.schema.entities).filter(([, { tags }]) => tags && same(tags, type));
    if (tagged.length) {
      const holder = this.value({ kind: 'Entity', name: dice.pick(tagged)[0] }, 0);
      const tag = quoted(dice.pick(STRINGS.slice(0, 4)));
      if (dice.chance(this.wrong)) return `${holder}.getTag(${tag})`;
      return `(if ${holder}.hasTag(${tag}) then ${holder}.getTag(${tag}) else ${this.literal(type, 0)})`;
    }
    return this.literal(type, depth - 1);
  }

  anyType() {
    return this.dice.chance(0.7) ? this.dice.pick(this.paths())[1] : makeType(this.dice, this.schema.names, 1);
  }

  condition(depth) {
    const { dice } = this;
    if (dice.chance(this.wrong / 2)) return this.value(this.anyType(), depth);
    if (depth <= 0) return this.value(BOOL, 0);
    const entity = () => this.value({ kind: 'Entity', name: dice.pick(this.schema.names) }, 0);
    const extension = (name) => this.value({ kind: 'Extension', name }, depth - 1);
    const set = (element) => this.value({ kind: 'Set', element }, depth - 1);
    switch (dice.below(20)) {
      case 0:
      case 1:
        return `${this.condition(depth - 1)} && ${this.guarded(depth - 1)}`.replace(/^(.*)$/s, '($1)');
      case 2:
        return `(${this.condition(depth - 1)} || ${this.condition(depth - 1)})`;
      case 3:
        return `!(${this.condition(depth - 1)})`;
      case 4:
        return `(if ${this.condition(depth - 1)} then ${this.condition(depth - 1)} else ${this.condition(depth - 1)})`;
      case 5:
      case 6: {
        const type = this.anyType();
        return `(${this.value(type, depth - 1)} ${dice.pick(['==', '!='])} ${this.value(type, depth - 1)})`;
      }
      case 7: {
        const type = dice.pick([LONG, LONG, { kind: 'Extension', name: 'datetime' }, { kind: 'Extension', name: 'duration' }]);
        return `(${this.value(type, depth - 1)} ${dice.pick(['<', '<=', '>', '>='])} ${this.value(type, depth - 1)})`;
      }
      case 8:
        return `(${entity()} in ${entity()})`;
      case 9:
        return `(${dice.pick(['principal', 'resource', 'action'])} in ${dice.chance(0.3) ? set({ kind: 'Entity', name: dice.pick(this.schema.names) }) : entity()})`;
      case 10:
        return `(${entity()} is ${dice.pick(this.schema.names)}${dice.chance(0.3) ? ` in ${entity()}` : ''})`;
      case 11:
        return `(${this.value(STRING, depth - 1)} like ${this.pattern()})`;
      case 12: {
        const type = this.anyType();
        return `${set(type)}.contains(${this.value(type, depth - 1)})`;
      }
      case 13: {
        const type = this.anyType();
        return `${set(type)}.${dice.pick(['containsAll', 'containsAny'])}(${set(type)})`;
      }
      case 14:
        return `${set(this.anyType())}.isEmpty()`;
      case 15:
        return `${extension('decimal')}.${dice.pick(['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'])}(${extension('decimal')})`;
      case 16:
        return dice.chance(0.5) ? `${extension('ipaddr')}.isInRange(${extension('ipaddr')})` : `${extension('ipaddr')}.${dice.pick(['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast'])}()`;
      case 17: {
        const [path] = dice.pick(this.paths());
        return `(${path} has ${dice.chance(0.3) ? 'a.b' : key(dice.pick(NAMES))})`;
      }
      case 18:
        return `${entity()}.hasTag(${this.value(STRING, 0)})`;
      default:
        return this.value(BOOL, depth - 1);
    }
  }

  // `test && use of what was tested`, as people write it.
  guarded(depth) {
    const optional = this.paths().filter(([, , guards]) => guards.length);
    if (!optional.length || this.dice.chance(0.5)) return this.condition(depth);
    const [, , guards] = this.dice.pick(optional);
    const before = this.known;
    this.known = [...before, ...guards];
    const out = `${guards.join(' && ')} && ${this.condition(depth)}`;
    this.known = before;
    return out;
  }

  pattern() {
    const parts = Array.from({ length: this.dice.below(4) }, () => this.dice.pick(['*', '*', '\\*', 'a', 'b', 'é', '日', '"'.replace('"', '\\"')]));
    return `"${parts.join('')}"`;
  }
}

// --- policies, entities, requests --------------------------------------------------------------------------------

function makeScope(dice, writer, variable, type, slot) {
  if (slot) return dice.pick([`${variable} == ?${variable}`, `${variable} in ?${variable}`, `${variable} is ${type} in ?${variable}`]);
  switch (dice.below(7)) {
    case 0:
      return `${variable} == ${uidText(writer.uid(type))}`;
    case 1:
      return `${variable} in ${uidText(writer.uid(dice.pick([type, ...(writer.schema.entities[type]?.memberOf ?? [])])))}`;
    case 2:
    case 3:
      return `${variable} is ${type}`;
    case 4: {
      const above = dice.pick([type, ...(writer.schema.entities[type]?.memberOf ?? [])]);
      return `${variable} is ${type} in ${uidText(writer.uid(above))}`;
    }
    default:
      return variable;
  }
}

function makeActionScope(dice, schema, action) {
  const group = () => uidText(schema.actions[dice.pick(Object.keys(schema.actions))].uid);
  switch (dice.below(6)) {
    case 0:
      return `action in ${group()}`;
    case 1:
      return `action in [${uidText(action.uid)}, ${group()}]`;
    case 2:
      return 'action';
    default:
      return `action == ${uidText(action.uid)}`;
  }
}

const REAL_ACTIONS = ['read', 'write', 'odd action'];

// Policies and requests of one case meet often: most are about the same action and types.
function makeEnvironment(dice, schema) {
  schema.home ??= newEnvironment(dice, schema);
  return dice.chance(0.7) ? schema.home : newEnvironment(dice, schema);
}

function newEnvironment(dice, schema) {
  const action = schema.actions[dice.pick(REAL_ACTIONS)];
  return { action, principal: dice.pick(action.principals), resource: dice.pick(action.resources), context: action.context };
}

function makePolicy(dice, schema, wrong, slots) {
  const environment = makeEnvironment(dice, schema);
  const writer = new Writer(dice, schema, environment, wrong);
  const scopes = [
    makeScope(dice, writer, 'principal', environment.principal, slots.includes('principal')),
    makeActionScope(dice, schema, environment.action),
    makeScope(dice, writer, 'resource', environment.resource, slots.includes('resource')),
  ];
  let text = `${dice.chance(0.6) ? 'permit' : 'forbid'}(${scopes.join(', ')})`;
  for (let i = dice.pick([0, 1, 1, 1, 2]); i > 0; --i)
    text += ` ${dice.chance(0.75) ? 'when' : 'unless'} { ${writer.condition(1 + dice.below(3))} }`;
  return text + ';';
}

const escaped = (schema, escape, value) => (schema.typed ? value : { [escape]: value });

function makeValue(dice, schema, type, wrong) {
  if (dice.chance(wrong)) type = makeType(dice, schema.names, 1);
  switch (type.kind) {
    case 'Bool':
      return dice.chance(0.5);
    case 'Long':
      return dice.pick([0, 1, -1, 2, 7, 100, 9007199254740991, -9007199254740991]);
    case 'String':
      return dice.pick(STRINGS);
    case 'Entity':
      return escaped(schema, '__entity', new Writer(dice, schema, null, wrong).uid(type.name));
    case 'Extension': {
      const arg = dice.pick(TEXTS[type.name]);
      return schema.typed && dice.chance(0.7) ? arg : escaped(schema, '__extn', { fn: FUNCTIONS[type.name], arg });
    }
    case 'Set':
      return Array.from({ length: dice.below(4) }, () => makeValue(dice, schema, type.element, wrong));
    default: {
      const out = {};
      for (const [name, { type: of, required }] of Object.entries(type.attributes))
        if (required ? !dice.chance(wrong) : dice.chance(0.5)) out[name] = makeValue(dice, schema, of, wrong);
      return out;
    }
  }
}

const IDS = ['0', '1', 'é'];

function makeEntities(dice, schema, wrong) {
  const out = [];
  for (const [type, { memberOf, shape, tags, choices }] of Object.entries(schema.entities)) {
    if (choices) continue;
    for (let i = 0; i < IDS.length; ++i) {
      if (dice.chance(0.25)) continue;
      const parents = [];
      for (const parent of dice.chance(wrong) ? schema.names.slice(0, 4) : memberOf)
        for (let above = i + 1; above < IDS.length; ++above)
          if ((parent === type || parent > type) && dice.chance(0.35)) parents.push({ type: parent, id: IDS[above] });
          else if (parent < type && memberOf.includes(parent) && dice.chance(0.3)) parents.push({ type: parent, id: IDS[above] });
      const entity = { uid: { type, id: IDS[i] }, attrs: makeValue(dice, schema, shape, wrong), parents };
      if (tags) entity.tags = Object.fromEntries(dice.some(STRINGS.slice(0, 4), 0.5).map((tag) => [tag, makeValue(dice, schema, tags, wrong)]));
      if (typeof entity.attrs !== 'object' || Array.isArray(entity.attrs) || '__entity' in entity.attrs || '__extn' in entity.attrs) entity.attrs = {};
      out.push(entity);
    }
  }
  for (const { uid, parents } of schema.typed ? [] : Object.values(schema.actions))
    out.push({ uid, attrs: {}, parents: parents.map((id) => ({ type: uid.type, id })) });
  return out;
}

function makeRequest(dice, schema, wrong) {
  const { action, principal, resource, context } = makeEnvironment(dice, schema);
  const writer = new Writer(dice, schema, null, wrong);
  const type = (of) => (dice.chance(wrong) ? dice.pick(schema.names) : of);
  let values = makeValue(dice, schema, context, wrong);
  if (typeof values !== 'object' || Array.isArray(values) || '__entity' in values || '__extn' in values) values = {};
  return { principal: writer.uid(type(principal)), action: action.uid, resource: writer.uid(type(resource)), context: values };
}

export function makeCase(seed, number) {
  const dice = new Dice(Math.imul(seed, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35));
  const schema = makeSchema(dice);
  const wrong = dice.pick([0, 0, 0, 0.03, 0.1]);
  schema.typed = wrong === 0 && dice.chance(0.4);
  const policies = {};
  const templates = {};
  const links = [];
  for (let i = 1 + dice.below(6); i > 0; --i) policies[`p${i}`] = makePolicy(dice, schema, wrong, []);
  for (let i = dice.pick([0, 0, 1, 2]); i > 0; --i) {
    const slots = dice.pick([['principal'], ['resource'], ['principal', 'resource']]);
    templates[`t${i}`] = makePolicy(dice, schema, wrong, slots);
    for (let j = dice.below(3); j > 0; --j) {
      const writer = new Writer(dice, schema, null, wrong);
      const values = Object.fromEntries(slots.map((slot) => [`?${slot}`, writer.uid(dice.pick(schema.names))]));
      links.push({ template: `t${i}`, id: `l${i}.${j}`, values });
    }
  }
  const requests = Array.from({ length: 2 }, () => makeRequest(dice, schema, wrong));
  const entities = makeEntities(dice, schema, wrong);
  return { id: `${seed}/${number}`, schema: schema.text, policies, templates, links, entities, requests, typed: schema.typed };
}
