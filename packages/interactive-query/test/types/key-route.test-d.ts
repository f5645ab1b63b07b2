/** Compile-only: a key route's parameters are those of its path, and its key is what `answer` is given. */
import { expectTypeOf } from 'expect-type'
import { keyRoute, serveQueries, type PathParameters, type QueryableApplication } from '@millrace/interactive-query'

declare const application: QueryableApplication

expectTypeOf<PathParameters<'/a/:one/b/:two'>>().toEqualTypeOf<{ readonly one: string } & { readonly two: string }>()
expectTypeOf<PathParameters<'/:only'>>().toEqualTypeOf<{ readonly only: string }>()
expectTypeOf<PathParameters<'/none'>>().toBeUnknown()

const count = keyRoute({
  path: '/shops/:shop/items/:item/count',
  store: 'counts',
  key: ({ shop, item }) => ({ shop, item }),
  answer: (count: number, key, place) => {
    expectTypeOf(key).toEqualTypeOf<{ shop: string; item: string }>()
    expectTypeOf(place.owner).toEqualTypeOf<string | null>()
    return { ...key, count }
  }
})
void serveQueries(application, { port: 0, keyRoutes: [count] })

keyRoute({
  path: '/shops/:shop',
  store: 'counts',
  // @ts-expect-error -- the path has no such parameter
  key: ({ item }) => item,
  answer: value => value
})
