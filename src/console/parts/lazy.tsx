import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'

/** Returns a screen that is loaded when it is first gone to. */
export function lazy<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  let loaded: ComponentType<Props> | undefined
  return function Lazy(props: Props) {
    const state = useSignal<'loading' | 'here' | 'gone'>(loaded ? 'here' : 'loading')
    useEffect(() => {
      if (loaded) return
      load().then(
        (Screen) => {
          loaded = Screen
          state.value = 'here'
        },
        () => {
          state.value = 'gone'
        },
      )
    }, [])
    if (state.value === 'here' && loaded) {
      const Screen = loaded
      return <Screen {...props} />
    }
    if (state.value === 'loading') return <p class="loading">Loading …</p>
    return (
      <div class="problem" role="alert">
        <p>
          <strong>This screen could not be loaded.</strong> There may be a newer console: reload the page.
        </p>
      </div>
    )
  }
}
