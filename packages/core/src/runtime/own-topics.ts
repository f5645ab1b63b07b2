/** How the names of the topics that an application makes for itself are told from others. */

const FOREIGN_KEY_TOPIC =
  /-(?:subscription-(?:registration|response)|SUBSCRIPTION-(?:REGISTRATION|RESPONSE)-\d{10})-topic$/

/** A changelog or a repartition topic, be it of an earlier topology of the application. */
export function isOwnTopic(applicationId: string, topic: string): boolean {
  return topic.startsWith(`${applicationId}-`) && (isChangelog(topic) || isRepartition(topic))
}

export function isChangelog(topic: string): boolean {
  return topic.endsWith('-changelog')
}

function isRepartition(topic: string): boolean {
  return topic.endsWith('-repartition') || FOREIGN_KEY_TOPIC.test(topic)
}
