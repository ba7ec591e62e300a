// The bar: whose panel it is, the period, how fresh the figures are, language, sign out.
import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { now } from '../day';
import { icon, shape } from '../icons';
import { age, clockTime } from '../numbers';
import { choiceLabel, CHOICES, type Choice } from '../period';
import { inSentence, say } from '../words';
import { PageElement } from './base';
import { languageButton, mark } from './marks';

const STALE = 60_000; // milliseconds

@customElement('ht-top-bar')
export class TopBar extends PageElement {
  @property() province = '';
  @property() choice: Choice = 'days30';
  @property({ type: Number }) provedAt = 0;
  @property({ type: Boolean }) connected = true;
  @property({ type: Number }) lostAt = 0;
  @property() notice = '';
  #tick = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#tick = window.setInterval(() => this.requestUpdate(), 1_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#tick);
  }

  protected override render(): TemplateResult {
    return html`
      <header class="bar">
        <a class="skip" href="#figures">${say().skip}</a>
        <span class="row whose">${mark()}<h1>${this.province ? say().panelOf(inSentence(this.province)) : say().title}</h1></span>
        <fieldset class="seg">
          <legend class="hidden">${say().period.label}</legend>
          ${CHOICES.map((choice) => this.#option(choice))}
        </fieldset>
        <span class="grow"></span>
        ${this.#freshness()}
        <span class="row">
          <button class="btn small" title=${say().saveHint} aria-label="${say().save}. ${say().saveHint}" @click=${() => this.dispatchEvent(new Event('ht-save', { bubbles: true }))}>
            ${icon('save')}<span class="wide-only">${say().save}</span>
          </button>
          ${languageButton()}
          <button class="btn small" aria-label=${say().signOut} @click=${() => this.dispatchEvent(new Event('ht-sign-out', { bubbles: true }))}>
            ${icon('leave')}<span class="wide-only">${say().signOut}</span>
          </button>
        </span>
      </header>
      <div class="lost" role="status">${this.#trouble()}</div>
    `;
  }

  #trouble(): TemplateResult | string {
    const said = this.connected ? this.notice : say().fresh.lost(clockTime(this.lostAt));
    return said ? html`${shape('triangle')}${said}` : '';
  }

  #option(choice: Choice): TemplateResult {
    const pick = () => this.dispatchEvent(new CustomEvent<Choice>('ht-period', { detail: choice, bubbles: true }));
    return html`
      <label class=${choice === this.choice ? 'on' : ''}>
        <input type="radio" name="period" .checked=${choice === this.choice} @change=${pick} />${choiceLabel(choice)}
      </label>
    `;
  }

  #freshness(): TemplateResult {
    const words = say().fresh;
    if (!this.provedAt) return html`<span class="fresh">${words.wait}</span>`;
    const behind = Math.max(0, now() - this.provedAt);
    const time = clockTime(this.provedAt, true);
    return behind > STALE
      ? html`<span class="fresh t-risk">${shape('triangle')}${words.stale(time, age(behind))}</span>`
      : html`<span class="fresh"><span class="t-done">${shape('tick')}</span>${words.asOf(time)}<span class="wide-only">, ${words.behind(age(behind))}</span></span>`;
  }
}
