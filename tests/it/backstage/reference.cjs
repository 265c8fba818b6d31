// What Backstage says of documents. Reads a JSON list of texts, each of one YAML document, from standard input and writes
// a list of { verdict, kind, why }. The verdict is:
//   accepted, rejected   as the packages say
//   unknown              the envelope is fine, and no validator takes this kind under this apiVersion
//   foreign              not of Backstage's groups
//
// NODE_PATH names the folder with the packages.
'use strict';

const YAML = require('yaml');
const model = require('@backstage/catalog-model');
const alpha = require('@backstage/catalog-model/alpha');
const scaffolder = require('@backstage/plugin-scaffolder-common');

// As plugin-catalog-backend's CatalogBuilder.buildEntityPolicy puts them together.
const policy = model.EntityPolicies.allOf([
  new model.SchemaValidEntityPolicy(),
  new model.DefaultNamespaceEntityPolicy(),
  new model.NoForeignRootFieldsEntityPolicy(),
  new model.FieldFormatEntityPolicy(),
]);
const envelope = model.entityEnvelopeSchemaValidator();

const byType = {
  API: { 'mcp-server': alpha.mcpServerApiEntityValidator },
  AiResource: {
    skill: alpha.skillAiResourceEntityV1alpha1Validator,
    rule: alpha.ruleAiResourceEntityV1alpha1Validator,
    plugin: alpha.pluginAiResourceEntityV1alpha1Validator,
    marketplace: alpha.marketplaceAiResourceEntityV1alpha1Validator,
  },
};
const byKind = {
  API: model.apiEntityV1alpha1Validator,
  AiResource: alpha.aiResourceEntityV1alpha1Validator,
  Component: model.componentEntityV1alpha1Validator,
  Domain: model.domainEntityV1alpha1Validator,
  Group: model.groupEntityV1alpha1Validator,
  Location: model.locationEntityV1alpha1Validator,
  Resource: model.resourceEntityV1alpha1Validator,
  System: model.systemEntityV1alpha1Validator,
  Template: scaffolder.templateEntityV1beta3Validator,
  User: model.userEntityV1alpha1Validator,
};

// plugin-catalog-backend's PlaceholderProcessor, with `text` as the text of every file and `data` as what is in it.
function resolve(data, text, other) {
  if (!data || !(data instanceof Object)) return data;
  if (Array.isArray(data)) return data.map(item => resolve(item, text, other));
  const keys = Object.keys(data);
  if (!keys.some(key => key.startsWith('$'))) {
    return Object.fromEntries(Object.entries(data).map(([k, v]) => [k, resolve(v, text, other)]));
  }
  if (keys.length !== 1 || !['$text', '$json', '$yaml'].includes(keys[0])) return data;
  if (typeof data[keys[0]] !== 'string') throw new Error(`Placeholder ${keys[0]} expected a string`);
  return keys[0] === '$text' ? text : other;
}

// What a file may hold: its data is right if any of these is.
const whole = {
  type: 'x', lifecycle: 'x', owner: 'x', definition: 'x', url: 'x:', action: 'x', category: 'x', rationale: 'x',
  children: [], memberOf: [], steps: [], skills: [], plugins: [],
};
const texts = ['text', 'https://example.com', 'required'];
const contents = [...texts, {}, [], ['text'], true, whole, [whole]];

// `constructor` is no kind.
const own = (object, key) => (Object.hasOwn(object, key) ? object[key] : undefined);

async function validate(entity) {
  entity = await policy.enforce(entity);
  const types = own(byType, entity.kind);
  const validator = (types && own(types, entity.spec?.type)) ?? own(byKind, entity.kind);
  return Boolean(validator && (await validator.check(entity)));
}

async function judge(source) {
  // As plugin-catalog-node's parseEntityYaml reads them.
  const documents = YAML.parseAllDocuments(source, { merge: false, logLevel: 'silent' });
  const entity = documents.length === 1 ? documents[0].toJSON() : undefined;
  const version = entity?.apiVersion;
  if (typeof version !== 'string' || !/^(scaffolder\.)?backstage\.io\//.test(version)) {
    return { verdict: 'foreign', kind: '', why: '' };
  }
  const [broken] = documents[0].errors;
  if (broken) return { verdict: 'rejected', kind: '', why: String(broken).toWellFormed() };
  const kind = String(entity.kind).toWellFormed();
  let why = '';
  for (const text of texts) {
    for (const content of contents) {
      try {
        envelope(entity);
        const known = await validate(resolve(entity, text, content));
        return { verdict: known ? 'accepted' : 'unknown', kind, why };
      } catch (error) {
        why = String(error).toWellFormed();
      }
      // Without placeholders nothing else can come out.
      if (!source.includes('$')) break;
    }
  }
  return { verdict: 'rejected', kind, why };
}

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const verdicts = [];
  for (const text of JSON.parse(Buffer.concat(chunks))) verdicts.push(await judge(text));
  process.stdout.write(JSON.stringify(verdicts));
}

main();
