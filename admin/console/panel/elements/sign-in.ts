// The sign-in form. Asks for the authenticator's code only when the server does; a refusal is said above the fields,
// and the focus moves there.
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { shape } from '../icons';
import { get, Problem, signIn, signOut } from '../session';
import type { Me } from '../wire';
import { say } from '../words';
import { mark, languageButton } from './marks';
import { PageElement } from './base';

const OUTSIDERS = new Set(['resident', 'field_worker', 'api_client']); // their figures would all be refused

@customElement('ht-sign-in')
export class SignIn extends PageElement {
  @property({ type: Boolean }) ended = false;
  @state() private asksTotp = false;
  @state() private refusal = '';
  @state() private busy = false;

  protected override render(): TemplateResult {
    const words = say().signIn;
    const notice = this.refusal || (this.ended ? words.ended : '');
    return html`
      <main class="gate">
        <form class="card" novalidate @submit=${this.#submit}>
          <div class="row between">${mark()}${languageButton()}</div>
          <h1>${words.heading}</h1>
          ${notice ? html`<p class="note risk" role="alert" tabindex="-1">${shape('triangle')}<span>${notice}</span></p>` : nothing}
          <label>${words.login}<input name="login" autocomplete="username" autocapitalize="none" spellcheck="false" required /></label>
          <label>${words.password}<input name="password" type="password" autocomplete="current-password" required /></label>
          ${this.asksTotp ? this.#totpField() : nothing}
          <button class="btn main wide" ?disabled=${this.busy}>${this.busy ? words.wait : words.enter}</button>
          <p class="meta">${words.note}</p>
        </form>
      </main>
    `;
  }

  #totpField(): TemplateResult {
    const words = say().signIn;
    return html`
      <label>
        ${words.totp}
        <input name="totp" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" maxlength="6"
          aria-describedby="totp-hint" required />
        <span class="meta" id="totp-hint">${words.totpHint}</span>
      </label>
    `;
  }

  #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const filled = new FormData(event.target as HTMLFormElement);
    const field = (name: string) => String(filled.get(name) ?? '').trim();
    if (!field('login') || !field('password')) return this.#refuse(say().signIn.missing);
    this.busy = true;
    try {
      await signIn(field('login'), String(filled.get('password')), field('totp') || undefined);
      if (OUTSIDERS.has((await get<Me>('/v1/me')).role)) {
        signOut();
        return await this.#refuse(say().signIn.notStaff);
      }
      this.dispatchEvent(new Event('ht-signed-in', { bubbles: true }));
    } catch (error) {
      await this.#explain(error instanceof Problem ? error : new Problem('unexpected', 0));
    } finally {
      this.busy = false;
    }
  };

  async #explain(problem: Problem): Promise<void> {
    const words = say().signIn;
    if (problem.slug === 'totp-required' && !this.asksTotp) {
      this.asksTotp = true;
      this.refusal = '';
      await this.updateComplete;
      this.querySelector<HTMLInputElement>('[name=totp]')?.focus();
      return;
    }
    if (problem.status === 429) return this.#refuse(words.tooMany);
    if (problem.status === 0 || problem.status >= 500) return this.#refuse(say().error.offline);
    return this.#refuse(this.asksTotp ? words.wrongTotp : words.wrong);
  }

  async #refuse(sentence: string): Promise<void> {
    this.refusal = sentence;
    await this.updateComplete;
    this.querySelector<HTMLElement>('[role=alert]')?.focus();
  }
}
