// Explicit-state model checker for Penumbra's per-key protocol.  One key.  See README.md.
// BFS (shortest counterexample) over all interleavings; each state carries the (interned) set of all
// linearizations still possible; after every step an atomic observer client GETs the view (strongest schedule).
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cstdint>
#include <string>
#include <vector>
#include <map>
#include <unordered_map>
#include <algorithm>
#include <set>
using namespace std;
typedef uint8_t u8; typedef uint32_t u32; typedef uint64_t u64;
static map<string,int*> OPTS;
struct Opt{ Opt(const char*n,int*p){OPTS[n]=p;} };
#define OPTION(n,d) int n=d; static Opt _opt_##n(#n,&n);
// environment
OPTION(wt,0)        // write-through
OPTION(both,1)      // shadow-delete both (1) / target only (0)
OPTION(inm,1)       // T honours If-None-Match:*
OPTION(zombie,0)    // 1: a request whose sender saw an error or died may still apply arbitrarily late
OPTION(slow,0)      // 1: leases may expire while the holder lives (is merely slow)
OPTION(faults,1) OPTION(crashes,1) OPTION(t0,0) OPTION(s0,1) /* initial S: 0 none, 1 S0, 2 the object that T has with t0=1 */ OPTION(maxstates,40000000) OPTION(sweep,0)
OPTION(clear,0)     // 1: admin process performs clear-shadow in two phases
// rules (defaults = the corrected protocol)
OPTION(r_tokcheck,1)   // commit lease only if token not voided
OPTION(r_dcheck,1)     // commit lease only if key not in D
OPTION(r_token,1)      // copier registers token before reading S (0: no tokens at all)
OPTION(r_tokfirst,1)   // 0: token registered AFTER S was read
OPTION(r_void,1)       // writer voids tokens when it opens
OPTION(r_voidend,0)    // writer voids tokens when it closes
OPTION(r_regopen,0)    // 1: token may be registered while an intent is open
OPTION(r_regD,0)       // 1: token may be registered while key in D
OPTION(r_waitlease,1)  // writer waits for a commit lease
OPTION(r_lease,1)      // 0: token check and T release not protected by a lease
OPTION(r_dwait,1)      // DELETE waits for the lease BEFORE it sets D (0: sets D, then waits)
OPTION(r_dfirst,1)     // D before T.delete
OPTION(r_tomb,1)       // tombstone at all
OPTION(r_dkeep,1)      // tombstone kept until S known gone
OPTION(r_dearly,0)     // 1: D removed after S.delete was SENT, not answered
OPTION(r_putrmD,0)     // 1: non-WT PUT removes D after T ok
OPTION(r_wtrmD,1)      // WT PUT removes D when S and T both have it
OPTION(r_wtrmDearly,0) // WT PUT removes D at its intent
OPTION(r_del,4)        // non-WT DELETE: 4 HEAD T; present: D+void, T.del; miss: intent+void, HEAD T again, D, (T.del only if present); 0 D visible at once, T.del (the design); 1 HEAD T first, T.del only if present; 2 two-phase D: pending -> T.del -> visible
OPTION(r_grace,0)      // 1: D is removed only after every reader that was under way when S.delete was answered is done (a grace period)
OPTION(r_delwt,2) /*0 never, 1 always, 2 on rung 1 only*/     // WT DELETE also HEADs T first (under the intent)
OPTION(r_reckeepD,1)  // repair T->S keeps D (0: removes it)
OPTION(fence2,0)      // WT: T commit is fenceable (CompleteMultipartUpload); recovery aborts it before it judges
OPTION(wtmix,0)       // PUT picks at invocation: 1 WT or T-only under the intent; 2 WT or T-only without KV
OPTION(r_commitopen,0) // commit lease refused while any intent is open
OPTION(r_listD,1)      // LIST re-reads T for a key hidden by D
OPTION(r_listS,0)      // with r_list=0: LIST treats S hits as GET does (0: no re-check)
OPTION(r_ackearly,0)   // WT PUT answers before it closes its intent
OPTION(r_mcfwd,1)      // recovery of CompleteMultipartUpload: S has it => re-send T.complete (0: generic T->S)
OPTION(r_mcevid,1)     // NoSuchUpload answered by evidence (stamp) (0: plain error; 2: blindly ok)
OPTION(r_mcput,0)      // recovery rolls forward by an unconditional T.put copy instead of re-sending complete
OPTION(r_stickyD,1)    // WT: a tombstone once set is never removed (until clear-shadow)
OPTION(r_gcT,1)        // tombstone GC requires T absent (before S.delete)
OPTION(r_gcretryT,0)   // GC of failed delete deletes T again
OPTION(r_gcown,1)      // GC never runs beside a live DELETE that owns D
OPTION(r_fallback,0)   // T error treated as a miss
OPTION(r_order,0)      // 0 T,D,S   1 D,T,S   2 T,S,D   3 S,D,T  4 D1,{S,T},D2
OPTION(r_recheckD,1)   // after T miss + D hit: re-read T
OPTION(r_recheckS,3)   // WT, after T miss + S hit: 0 nothing, 1 re-read T, 2 re-read D then T, 3 re-read T then D, 4 token still valid else restart (waits while an intent is open), 5 re-read D only, 6 as 4, but under an open intent a read-only token + T re-read
OPTION(r_recheckN,0)   // after T miss + S none: re-read T
OPTION(r_lock,1)       // WT: per-key exclusive intent
OPTION(r_sfirst,1)     // WT: S before T   (0: T before S; 2: HEAD T under the intent: S first if T present or key in D, else T first)
OPTION(r_withhold,1)   // WT: T released only after S success (0: T written even if S failed)
OPTION(r_rec,0)        // recovery 0: view-invariant T->S; 1: roll forward by stamp; 2: blind S->T; 3: forget; 4: forward by stamp else T->S
OPTION(r_recvoid,1)    // recovery takes the intent exclusively
OPTION(r_ackS,0)       // WT PUT acks when S ok and T failed
OPTION(r_copyrecheckT,1)// T without INM: re-read T after token registered
OPTION(r_intent,1)     // non-WT, no INM: PUT opens an intent
OPTION(r_keeplease,1)  // zombie: copier whose release errored keeps its lease until fenced
OPTION(fence,0)        // 1: copies commit by CompleteMultipartUpload; Abort fences a late one
OPTION(r_retry,0)      // gateway itself retries a failed T.put
OPTION(r_deldirty,1)   // WT DELETE failing at T leaves its intent to recovery
OPTION(r_ack1,1)       // clear-shadow: intermediate epoch (T-only reads, DELETE still tombstones)
OPTION(r_drain,1)      // clear-shadow: epoch ack waits for in-flight requests of the old epoch
OPTION(r_cguard,1)     // clear-shadow guard: S subset of T u D
OPTION(r_epochtomb,1)  // epoch-1 DELETE still sets D and voids tokens
OPTION(r_epochbar,1)   // wait for all-gateways-acked between epochs
OPTION(r_cview,1)      // conditional PUT judged against the view (0: T alone)
OPTION(r_cwtlock,1)    // WT conditional PUT judged under the lock
OPTION(r_ownend,1)     // end commit checks that the intent is still its own
OPTION(agree,1)        // check S/T agreement at quiescence (WT)
OPTION(r_dgen,1)       // D removal checks generation
OPTION(r_recheckAll,0) // non-WT also re-reads T after an S hit
OPTION(quiet,0)
OPTION(r_gc,1)         // D removal: 1 the printed rule (armed when S known empty, grace, then T and S still empty, same generation); 2 no grace; 3 grace counted from D, not from S empty; 0 off (see r_stickyD)
OPTION(r_gcpres,0)     // 1: a D whose key T has is removed after a grace too
OPTION(r_gcS,1)        // the closing look at S
OPTION(r_gcTend,1)     // the closing look at T
OPTION(r_rearm,1)      // every intent restarts the grace
OPTION(r_list,2)       // LIST: 2 S, T, then D (D hit: T again); 1 T, S, then D and intents (does not hold for values in write-through); 0 r_order
OPTION(r_listI,1)      // with r_list=1: LIST re-checks an S-only key under an intent
OPTION(inmc,1)         // T honours If-None-Match on CompleteMultipartUpload (matters with fence=1); RGW 16.2: 0
OPTION(r_mpw,1)        // inmc=0: every writer takes the intent
OPTION(r_mpx,0)        // inmc=0: the copier takes the exclusive intent and re-reads T before it completes
OPTION(r_mpcput,1)     // inmc=0: conditional PUT takes the intent too
OPTION(setwt,0)        // admin sets write-through: rungs 0 1 2; 2: unsets it: 2 1 0
OPTION(flip,0)         // admin makes S the target: rungs 2 5 6 7 8
OPTION(skip,0)         // leave out rung number skip (1 = the first after the start)
OPTION(part,0)         // 1+index of the op whose gateway cannot reach the state and whose config lease has run out
OPTION(plag,9)         // how many rungs it may lag
OPTION(r_pput,1)       // it serves PUT (where its rung needs no state)
OPTION(r_pread,1)      // it answers reads that T (its target) answers
OPTION(r_p404,0)       // it answers 404 where its rung needs no state
OPTION(r_pdel,0)       // it serves DELETE where its rung needs no state
OPTION(r_fwait,1)      // flip rungs 5, 6: reads wait while an intent is open
OPTION(r_fgen,1)       // ... and check that none was taken meanwhile
OPTION(r_noclose,0)    // the shared intent of a PUT is left to its expiry
OPTION(r_mcabort,1)    // rung 1, Complete of a double upload: S half is aborted first
OPTION(r_fdel,0)       // flip rung 5: DELETE sends S first (1)
OPTION(r_fguard,1)     // flip: guard before rung 6
OPTION(r_copystamp,0)
OPTION(r_putprobe,1)   // WT+D: no special
OPTION(setsh,0)       // admin sets a shadow on a bucket in use: 1 4 3 9 0; 2 clear, then set: 0 3 4 3 9 0; 3 a clear called off: 0 3 9 0; 4 the same in write-through: 2 1 3 9 0; 5 set, then write-through: 4 3 9 0 1 2; 6 set, called off, set: 4 3 9 3 9 0
OPTION(r_i3,1)         // rungs 3 and 9: writers still take the intents of read-through
OPTION(r_putdrain,1)   // the rungs wait for PUTs and Completes of rungs 3, 4 and 9 (2: those of 3 and 9 only before rung 1 is done; 0: all of them)
OPTION(r_readdrain,1)  // the rungs wait for reads and listings of T alone
OPTION(r_wait9,1)      // rung 9: what T does not have is not answered (0: rung 9 is no different from rung 3)
OPTION(r_take,0)       // writers take over an exclusive intent whose lease has run out, instead of waiting for recovery
OPTION(im,-1)          // the object that IPUT and IDEL ask for; -1: the one that clients see first
OPTION(ifm,1)          // T honours If-Match on PUT
OPTION(ifmd,1)         // T honours If-Match on DELETE
OPTION(r_ixclude,1)    // read-through IDEL, and IPUT on a T without conditional writes, are judged under the exclusive intent
OPTION(r_itwice,1)     // read-through IDEL that the view, not T, satisfied looks at T again under the intent
OPTION(r_icond,1)      // rung 1, conditional writes: T judges too, IPUT after its migration (0: they go to T without a condition; 2: IPUT of what only S has goes to T with If-None-Match)
OPTION(r_imig,1)       // IPUT read-through: S's object is migrated first (0: T alone judges)
OPTION(r_dfi,1)        // DELETE read-through that found T's object, T without conditional writes: a shared intent with D, until T.delete is answered
OPTION(r_bfound,0)     // batch: a look at T before the intents; D at the first commit for what it found
OPTION(r_btwice,1)     // batch: looks at T under the intent, for what is not known to be there
OPTION(r_bfirst,0)     // batch: D at the first commit for all keys, found or not
OPTION(r_bsend,0)      // batch: T.delete for all keys, found or not
OPTION(r_bvoid,1)      // batch: the first commit voids tokens
OPTION(r_bown,1)       // batch: D for the missing only while the intent is held
OPTION(r_bclose,1)     // batch: the intent is closed at the end (0: with D, before T.delete)
OPTION(r_settle,0)     // with zombie=3: what failed is settled at once, not when the lease has run out
OPTION(r_sdelkeep,0)   // write-through DELETE whose S.delete failed leaves its intent to recovery (0: closes it, D stays)
OPTION(r_mct,0)        // write-through Complete: T.complete, then T's object is copied to S (0: S.complete, T.complete)
OPTION(r_mcpre,0)      // write-through Complete: refused when T no longer has the upload and S has
OPTION(r_mcetag,0)     // evidence of a Complete is the ETag, which another upload of equal content shares (2: and, for recovery, that S no longer has the upload)
OPTION(r_reconly2,1)   // recovery of an intent writes to S only while some gateway may be on the rung of write-through
int swp=0; static Opt _opt_swap("swap",&swp); // admin exchanges S and T, in write-through: rungs 2 10 11 12; 2: called off, 2 10 2; 3: there and back, 2 10 11 12 11 10 2
OPTION(r_walign,1)     // swap, reads of rungs 10 and 11: wait while an intent is open, and begin anew when one is open at their end
OPTION(r_wecho,1)      // ... and when a failed write was settled meanwhile
OPTION(r_wdel,1)       // swap, rungs 10 and 11: DELETE is answered after S.delete, and one that failed there is left to recovery
OPTION(r_walk,1)       // swap: the key was seen in line, or brought into line, before rung 10
OPTION(r_wowed,1)      // swap, guard of the exchange: S is owed no delete that readers of before saw (2: nor one that another delete has taken the place of)
OPTION(r_rlease,1)     // swap: the exchange waits for gateways that cannot reach the state and may be on a rung before 10
OPTION(r_wmc,1)        // swap, rungs 10 and 11: recovery of a Complete that T has done aborts S's half before T's object is copied over
OPTION(r_wpread,0)     // a gateway that cannot reach the state answers reads on rungs 10 and 11, too
OPTION(r_late,1)       // SWEEP read-through, T with conditional writes, one PUT: may read S without a token; then one commit: no D, no intent -> commit lease (0: never; 2: also on a T without; 3: also on rungs 1 and 2)
OPTION(r_lateI,1)      // ... not while an intent is open
OPTION(r_lateD,1)      // ... not if the key is in D
OPTION(ccomp,0)        // CPUT is a Complete or a copy whose condition T ignores
const int P=7; // max procs
enum {PUT=1,DEL,GET,CPUT,SWEEP,REC,ADM,HEAD,LIST,MC,IPUT,IDEL,SETSHADOW};
int NP=0, kind[P], opid[P]; int RP=-1, AP=-1; bool batch[P];
enum {TPUT=1,TPUTC,TDEL,SPUT,SDEL,TCOMP,SCOMP,TCPY,SABT,TPUTM,TDELM,SPUTC,SCPY,SPUTM,SDELM,TABT};
struct Pr{ u8 pc,a,b,rq,rv,rs,fl,ep,w,pad[3]; };
struct St{ u8 T,S,D,lock,intent,faults,crashes,epoch; u8 tok[P]; u8 clr; u8 z[2][2]; u8 garm,gmask,pad[2]; u8 dep,more[3]; Pr pr[P]; };
// fl: 1 crashed, 2 returned, 4 abandoned(dirty), 8 invoked
string vn(int v){ if(v==15)return "(wait)"; static const char*N[]={"-","S0","T0","a","b","c","d","e","f"}; return N[v]; }
vector<int> lad; bool ladder=false;
// ---------- linearization sets
struct LS{ u32 pend; vector<u64> c; bool operator<(const LS&o)const{return pend<o.pend||(pend==o.pend&&c<o.c);} };
vector<LS> sets; map<LS,int> setid; unordered_map<u64,int> memo;
int okind[P], oval[P], im0=0;
int intern(LS&l){ sort(l.c.begin(),l.c.end()); l.c.erase(unique(l.c.begin(),l.c.end()),l.c.end()); if(l.c.empty())return -1; auto it=setid.find(l); if(it!=setid.end())return it->second; sets.push_back(l); setid[l]=sets.size()-1; return sets.size()-1; }
#define ST(c,i) (((c)>>(4+4*(i)))&15)
u64 SETST(u64 c,int i,int s){ return (c&~(15ull<<(4+4*i)))|((u64)s<<(4+4*i)); }
void closure(LS&l){ set<u64> seen(l.c.begin(),l.c.end()); vector<u64> w(l.c); while(!w.empty()){ u64 c=w.back(); w.pop_back(); for(int i=0;i<P;i++) if(l.pend>>i&1) if(ST(c,i)==0){ u64 n=c; int v=c&15; switch(okind[i]){ case PUT: n=(n&~15ull)|oval[i]; n=SETST(n,i,1); break; case DEL: n=(n&~15ull); n=SETST(n,i,1); break; case CPUT: if(v==0){ n=(n&~15ull)|oval[i]; n=SETST(n,i,1);} else n=SETST(n,i,2); break; case LIST: n=SETST(n,i,1+(v?1:0)); break;
 case IPUT: case IDEL: if(v==im0){ n=(n&~15ull)|(okind[i]==IPUT?oval[i]:0); n=SETST(n,i,1);} else n=SETST(n,i,2); break; case SETSHADOW: if(!v) n=(n&~15ull)|oval[i]; n=SETST(n,i,1); break; case MC: { u64 done=1ull<<(oval[i]==8?62:63); if(!(n&done)) n=((n&~15ull)|oval[i])|done; } n=SETST(n,i,1); break; default: n=SETST(n,i,1+v);} if(seen.insert(n).second) w.push_back(n);} } l.c.assign(seen.begin(),seen.end()); }
// ev: 1 invoke i; 2 return i r; 3 drop get i; 4 observe v
int lin(int sid,int ev,int i,int r){ u64 k=((u64)sid<<16)|(ev<<12)|(i<<8)|r; auto it=memo.find(k); if(it!=memo.end())return it->second; LS l=sets[sid]; LS o; o.pend=l.pend;
 if(ev==1){ o.pend|=1u<<i; o.c=l.c; }
 else if(ev==2){ o.pend&=~(1u<<i); for(u64 c:l.c) if(ST(c,i)==(u64)(1+r)) o.c.push_back(SETST(c,i,0)); }
 else if(ev==3){ o.pend&=~(1u<<i); for(u64 c:l.c) o.c.push_back(SETST(c,i,0)); }
 else { for(u64 c:l.c) if((c&15)==(u64)r) o.c.push_back(c); }
 closure(o); int id=intern(o); memo[k]=id; return id; }
// ---------- choices
struct Ch{ int seq[12],n[12],len,pos; int choose(int k){ if(pos<len)return seq[pos++]; seq[len]=0;n[len]=k;len++;pos++; return 0;} bool next(){ len=pos; while(len>0){ if(++seq[len-1]<n[len-1])return true; len--; } return false; } };
struct Ev{int e,i,r;};
struct Ctx{ Ch ch; vector<Ev> ev; bool tr; string lab; };
#define L(...) do{ if(c.tr){ char _b[256]; snprintf(_b,256,__VA_ARGS__); if(c.lab.size())c.lab+="; "; c.lab+=_b; } }while(0)
int usedS(int v){ return v==8?16:4; } int usedT(int v){ return v==8?32:8; }
bool same(int x,int v){ return x==v||(r_mcetag&&(x==7||x==8)&&(v==7||v==8)); }
void applyreq(St&s,int rq,int rv,u8*rs,Ctx&c){ int ok=2; switch(rq){ case TPUT: s.T=rv; break; case TPUTC: if(inm){ if(s.T) ok=3; else s.T=rv; } else s.T=rv; break; case SABT: s.clr|=usedS(rv); break; case TCPY: if(inm&&inmc){ if(s.T) ok=3; else s.T=rv; } else s.T=rv; break; case TDEL: s.T=0; break; case SPUT: s.S=rv; break; case SDEL: s.S=0; break; case TCOMP: if(s.clr&usedT(rv)) ok=3; else { s.T=rv; s.clr|=usedT(rv); } break; case SCOMP: if(s.clr&usedS(rv)) ok=3; else { s.S=rv; s.clr|=usedS(rv); } break;
 case SPUTC: if(inm){ if(s.S) ok=3; else s.S=rv; } else s.S=rv; break; case SCPY: if(inm&&inmc){ if(s.S) ok=3; else s.S=rv; } else s.S=rv; break; case TABT: s.clr|=usedT(rv); break;
 case TPUTM: if(ifm&&!s.T) ok=4; else if(ifm&&s.T!=im0) ok=3; else s.T=rv; break; case TDELM: if(!s.T) ok=4; else if(ifmd&&s.T!=rv) ok=3; else s.T=0; break; } if(rs)*rs=ok; }
const char*RN[]={"","T.put","T.put(INM*)","T.del","S.put","S.del","T.complete","S.complete","T.complete(copy)","S.abort","T.put(If-Match)","T.del(If-Match)","S.put(INM*)","S.complete(copy)","S.put(If-Match)","S.del(If-Match)","T.abort"};
void send(St&s,int p,int rq,int rv,Ctx&c){ Pr&q=s.pr[p]; q.rq=rq;q.rv=rv;q.rs=1; L("send %s %s",RN[rq],vn(rv).c_str()); }
bool copier(int p){ return kind[p]==GET||kind[p]==SWEEP; }
bool zomb(int p){ return zombie==1||zombie==3||(zombie==2&&copier(p)); }
// returns 0 not ready, 1 ok, 2 precondition failed, 3 error, 4 not found
int await_(St&s,int p,Ctx&c){ Pr&q=s.pr[p]; int opts=0; // options: normal reply (if rs>=2), error (if faults)
 bool canok=q.rs>=2, canerr=s.faults>0; if(!canok&&!canerr)return 0;
 int n=0, map_[3]; if(canok)map_[n++]=0; if(canerr){ map_[n++]=1; if(zomb(p)&&(zombie!=2||q.rq==TPUTC||q.rq==TCPY)&&q.rs==1&&s.z[1][0]==0)map_[n++]=2; }
 int k=map_[c.ch.choose(n)]; int rs=q.rs,rq=q.rq,rv=q.rv; (void)opts; q.rq=q.rv=q.rs=0;
 if(k==0){ L("reply %s",rs==2?"ok":rs==3?"412":"404"); return rs==2?1:rs==3?2:4; }
 s.faults--; if(k==1){ L("error (%s)",rs>=2?"reply lost, had applied":"never applies"); }
 else { L("timeout, request still in flight"); int j=s.z[0][0]?1:0; s.z[j][0]=rq; s.z[j][1]=rv; }
 return 3; }
void inv(St&s,int p,Ctx&c){ if(s.pr[p].fl&8) return; s.pr[p].fl|=8; if(opid[p]>=0){ c.ev.push_back({1,opid[p],0}); L("INVOKE"); } }
bool waits(const St&s,int p);
void ret(St&s,int p,int r,Ctx&c){ Pr&q=s.pr[p]; if(waits(s,p)&&(kind[p]==GET||kind[p]==HEAD||kind[p]==LIST)){ q.w=r+1; L("has %s, looks for intents",vn(r).c_str()); return; } q.fl|=2; if(opid[p]>=0&&okind[opid[p]]==LIST) r=r?1:0; if(opid[p]>=0){ c.ev.push_back({2,opid[p],r}); if(okind[opid[p]]==LIST) L("RETURN %s",r?"present":"absent"); else if(okind[opid[p]]==GET) L("RETURN %s",vn(r).c_str()); else L("RETURN %s",r?"412":"ok"); } }
void fail(St&s,int p,Ctx&c){ Pr&q=s.pr[p]; q.fl|=2; if(opid[p]>=0){ if(okind[opid[p]]==GET||okind[opid[p]]==LIST)c.ev.push_back({3,opid[p],0}); L("RETURN error"); } }
void fin(St&s,int p){ Pr&q=s.pr[p]; q.pc=255; q.a=q.b=0; }
bool leased(St&s){ for(int i=0;i<NP;i++) if(s.tok[i]==3) return true; return false; }
void voidtok(St&s){ for(int i=0;i<NP;i++) if(s.tok[i]==1||s.tok[i]==4) s.tok[i]=2; }
void void4(St&s){ for(int i=0;i<NP;i++) if(s.tok[i]==4) s.tok[i]=2; }
int actives(const St&s);
void setD(St&s,int d){ if(swp){ int e=d?s.pr[(d&0x7f)-1].ep:0; s.dep=d&&s.D&&!s.garm&&r_wowed!=2?min<int>(s.dep,e):e; } s.D=d; s.garm=s.gmask=0; if(d&&r_gc==3) s.gmask=actives(s); }
void lockit(St&s,int p){ s.lock=p+1; if(p!=RP) s.pad[0]=0; if(r_rearm&&r_gc!=3) s.garm=s.gmask=0; }
void unlock(St&s){ s.lock=0; s.pad[0]=0; void4(s); }
bool readers(St&s){ for(int i=0;i<NP;i++) if((kind[i]==GET||kind[i]==HEAD||kind[i]==LIST)&&(s.pr[i].fl&8)&&!(s.pr[i].fl&3)) return true; return false; }
bool expired(St&s,int p);
bool barred(St&s){ return s.lock&&!(r_take&&expired(s,s.lock-1)); }
bool openint(St&s){ return s.lock||s.intent; }
bool inflight(St&s,int p){ return s.pr[p].rs!=0; }
bool zother(St&s){ for(int z=0;z<2;z++) if(s.z[z][0]&&s.z[z][0]!=TPUTC&&s.z[z][0]!=TCPY) return true; return false; }
bool needI(){ return !inm||(fence&&!inmc&&r_mpw); }
bool active(const St&s,int i){ if(kind[i]==REC||kind[i]==ADM) return false; if(s.pr[i].w&&!(s.pr[i].fl&1)) return true; return ((s.pr[i].fl&8)&&s.pr[i].pc!=255&&!(s.pr[i].fl&1))||(s.pr[i].rs==1); }
// a sweep's listing of T may be of any age: no grace waits for it
bool merelyListed(const St&s,int i){ const Pr&q=s.pr[i]; return kind[i]==SWEEP&&(q.pc==1||(q.pc==2&&q.b==2)); }
int actives(const St&s){ int m=0; for(int i=0;i<NP;i++) if(active(s,i)&&!merelyListed(s,i)) m|=1<<i; return m; }
void arm(St&s,int me,int k){ s.garm=k; if(r_gc!=3) s.gmask=actives(s); s.gmask&=~(1<<me); }
bool dead(St&s,int p){ if(zombie==3) return (s.pr[p].fl&5)&&!inflight(s,p)&&(!s.z[0][0]||(r_settle&&!(s.pr[p].fl&1))); return (s.pr[p].fl&5)!=0 && (zomb(p)|| !inflight(s,p)); }
bool expired(St&s,int p){ if(p==RP) return s.pr[p].pc==0 && (zombie==1||!zother(s)); return dead(s,p)||((slow==1||(slow==2&&copier(p)))&&!(s.pr[p].pc==255)&&(zomb(p)||!inflight(s,p))); }
// rungs (modes): 0 read-through; 1 T alone under the intent, re-checking readers; 2 write-through; 3 T alone, deletes leave tombstones;
// 4 T alone; 5 as 2, reads T and wait while an intent is open; 6 as 5 but T first then S, reads S; 7 S alone under the intent; 8 S alone
// S and T as a gateway on rungs 11 and 12 calls them: the whole state with the roles exchanged
int flipped(int rq){ switch(rq){ case TPUT: return SPUT; case SPUT: return TPUT; case TDEL: return SDEL; case SDEL: return TDEL; case TCOMP: return SCOMP; case SCOMP: return TCOMP; case TPUTC: return SPUTC; case SPUTC: return TPUTC; case TCPY: return SCPY; case SCPY: return TCPY; case SABT: return TABT; case TABT: return SABT; case TPUTM: return SPUTM; case SPUTM: return TPUTM; case TDELM: return SDELM; case SDELM: return TDELM; } return rq; }
void exchange(St&s){ std::swap(s.T,s.S); s.clr=(s.clr&~60)|((s.clr&4)<<1)|((s.clr&8)>>1)|((s.clr&16)<<1)|((s.clr&32)>>1); for(int i=0;i<P;i++) s.pr[i].rq=flipped(s.pr[i].rq); for(int z=0;z<2;z++) s.z[z][0]=flipped(s.z[z][0]); }
bool waits(const St&s,int p){ return swp&&r_walign&&part!=p+1&&(lad[s.pr[p].ep]==10||lad[s.pr[p].ep]==11); }
int mlo(const St&s){ return lad[s.epoch/2]; } int mhi(const St&s){ return lad[(s.epoch+1)/2]; }
int pickep(St&s,int p,Ctx&c){ if(!ladder) return 0; int hi=(s.epoch+1)/2, lo=s.epoch/2; if(part==p+1){ lo=max(0,hi-plag); if(swp&&r_rlease) for(int i=lo;i<=hi;i++) if(lad[i]==11) lo=max(lo,i-1); }
 if(hi==lo) return hi; return lo+c.ch.choose(hi-lo+1); }
bool fstep(St&s,int p,Ctx&c){ Pr&q=s.pr[p]; int k=kind[p],md=lad[q.ep],r; int v=opid[p]>=0?oval[opid[p]]:0;
 if(k==PUT||k==DEL){ bool del=k==DEL; int first=del?(md==5&&r_fdel?SDEL:TDEL):md==5?SPUT:TPUT, second=del?(md==5&&r_fdel?TDEL:SDEL):md==5?TPUT:SPUT;
  switch(q.pc){
   case 0: if(md==8){ inv(s,p,c); send(s,p,second,v,c); q.pc=20; return true; }
     if(s.lock||leased(s)) return false; inv(s,p,c); lockit(s,p); voidtok(s); if(del&&md==5) setD(s,p+1); L("KV intent"); q.pc=md==7?3:1; return true;
   case 1: send(s,p,first,v,c); q.pc=2; return true;
   case 2: r=await_(s,p,c); if(!r)return false; if(r==1){ q.pc=3; return true; } fail(s,p,c); q.fl|=4; fin(s,p); return true;
   case 3: send(s,p,second,v,c); q.pc=4; return true;
   case 4: r=await_(s,p,c); if(!r)return false; if(r==1){ q.pc=5; return true; } fail(s,p,c); q.fl|=4; fin(s,p); return true;
   case 5: if(s.lock==p+1)unlock(s); L("KV close"); ret(s,p,0,c); fin(s,p); return true;
   case 20: r=await_(s,p,c); if(!r)return false; if(r==1)ret(s,p,0,c); else fail(s,p,c); fin(s,p); return true; } return false; }
 if(k==SWEEP){ inv(s,p,c); fin(s,p); return true; }
 // reads of rungs 5 and 6: intent generation noted (waits while one is open), read, generation unchanged or again
 switch(q.pc){
  case 0: if(md>=7){ inv(s,p,c); q.a=s.S; L("read S=%s",vn(q.a).c_str()); ret(s,p,q.a,c); fin(s,p); return true; }
   if(s.lock&&r_fwait) return false; inv(s,p,c); if(r_fgen&&!s.lock) s.tok[p]=4; L("KV no intent, D=%d",s.D?1:0); q.b=s.D?1:0; q.pc=md==5?71:73; return true;
  case 70: if(s.lock&&r_fwait) return false; if(r_fgen&&!s.lock) s.tok[p]=4; L("KV no intent, D=%d",s.D?1:0); q.b=s.D?1:0; q.pc=md==5?71:73; return true;
  case 71: q.a=s.T; L("read T=%s",vn(q.a).c_str()); q.pc=(q.a||q.b)?74:73; return true;
  case 73: q.a=s.S; L("read S=%s",vn(q.a).c_str()); q.pc=74; return true;
  case 74: if(r_fgen?s.tok[p]!=4:(r_fwait&&s.lock)){ s.tok[p]=0; q.a=q.b=0; q.pc=70; L("KV intent taken meanwhile: read again"); return true; } s.tok[p]=0; L("KV no intent since"); ret(s,p,q.a,c); fin(s,p); return true; }
 return false; }
// a gateway that cannot reach the state, its config lease run out
bool pstep(St&s,int p,Ctx&c){ Pr&q=s.pr[p]; int k=kind[p],md=lad[q.ep],r; int v=opid[p]>=0?oval[opid[p]]:0; bool onS=md==7||md==8||md==11||md==12;
 if(q.pc==1){ r=await_(s,p,c); if(!r)return false; if(r==1)ret(s,p,0,c); else fail(s,p,c); fin(s,p); return true; }
 if(k==PUT&&r_pput&&(((md==0||(md==3&&r_i3))&&!needI())||(md==3&&!r_i3)||md==4||md==8)){ inv(s,p,c); send(s,p,onS?SPUT:TPUT,v,c); q.pc=1; return true; }
 if(k==DEL&&r_pdel&&(md==4||md==8)){ inv(s,p,c); send(s,p,onS?SDEL:TDEL,0,c); q.pc=1; return true; }
 if((k==GET||k==HEAD)&&r_pread&&md!=5&&md!=6&&((md!=10&&md!=11)||r_wpread)){ inv(s,p,c); int x=onS?s.S:s.T; L("read %s=%s",onS?"S":"T",vn(x).c_str()); if(x||(r_p404&&(md==3||md==4||md>=7))) ret(s,p,x,c); else fail(s,p,c); fin(s,p); return true; }
 return false; }
// on rung 4 a T without conditional writes promises nothing of its own, nor can rung 3 beside it
bool unpromised(const St&s,bool honoured){ return !honoured&&(mlo(s)==4||mhi(s)==4); }
bool tonly(int m){ return m==3||m==4||m==9; }
// a PUT, which can be a long upload, or a Complete, of a rung that reads T alone and for which no other waits
bool unawaited(const St&s,int i){ int m=lad[s.pr[i].ep], next=mhi(s); return (next==3||next==9||next==0)&& (kind[i]==PUT||kind[i]==MC)&&tonly(m)&&(r_putdrain==0||(r_putdrain==2&&m!=4)); }
// write-through, and rung 1: judged under the exclusive intent
int viewNow(const St&s,int md){ return tonly(md)?s.T:s.T?s.T:s.D?0:s.S; }
// PUT If-Match
bool iputstep(St&s,int p,Ctx&c,int md){ Pr&q=s.pr[p]; int r,v=oval[opid[p]];
 bool under=md==2||(md==1&&r_icond!=1)||(!inm&&md!=4);      // judged under the exclusive intent
 if(under){ switch(q.pc){
   case 0: if((md==9&&r_wait9&&!s.T)||unpromised(s,inm&&ifm)) return false; if(r_ixclude&&(barred(s)||s.intent||leased(s))) return false; inv(s,p,c); if(r_ixclude){ lockit(s,p); voidtok(s); } L("KV intent (exclusive), void tokens"); q.pc=1; return true;
   case 1: L("read T=%s",vn(s.T).c_str()); q.b=s.T!=0; if(s.T){ q.pc=s.T==im0?4:9; return true; } if(md==9&&r_wait9){ q.pc=10; return true; } q.pc=tonly(md)?9:2; return true;
   case 2: L("read D=%d",s.D?1:0); q.pc=s.D?9:3; return true;
   case 3: L("read S=%s",vn(s.S).c_str()); q.pc=s.S==im0?4:9; return true;
   case 4: if(md!=2){ send(s,p,md==1&&r_icond==2&&inm?(q.b?TPUTM:TPUTC):TPUT,v,c); q.pc=6; return true; } send(s,p,SPUT,v,c); q.pc=5; return true;
   case 5: r=await_(s,p,c); if(!r)return false; if(r==1){ send(s,p,TPUT,v,c); q.pc=6; return true; } fail(s,p,c); q.fl|=4; fin(s,p); return true;
   case 6: r=await_(s,p,c); if(!r)return false; if(r==1){ if(s.lock==p+1)unlock(s); L("KV close intent"); ret(s,p,0,c); fin(s,p); return true; } if(r==2||r==4){ q.pc=9; return true; } fail(s,p,c); q.fl|=4; fin(s,p); return true;
   case 9: if(s.lock==p+1)unlock(s); L("KV close intent"); ret(s,p,1,c); fin(s,p); return true;
   case 10: if(s.lock==p+1)unlock(s); L("KV close intent"); c.ev.push_back({3,opid[p],0}); q.fl|=2; L("503"); fin(s,p); return true; } return false; }
 switch(q.pc){ // T judges, once it has what clients see
   case 0: if(unpromised(s,inm)) return false; inv(s,p,c); if(tonly(md)||!r_imig){ q.pc=20; return true; } L("read T=%s",vn(s.T).c_str()); q.pc=s.T?20:1; return true;
   case 1: if(s.D){ L("KV read D=1"); q.pc=20; return true; } if(openint(s)){ L("KV intent open"); q.pc=30; return true; } s.tok[p]=1; L("KV read D=0, token registered"); q.pc=2; return true;
   case 2: q.a=s.S; L("read S=%s",vn(s.S).c_str()); if(!s.S){ s.tok[p]=0; q.pc=20; return true; } q.pc=3; return true;
   case 3: if(s.tok[p]!=1||s.D){ L("KV token voided"); s.tok[p]=0; q.pc=30; return true; } s.tok[p]=3; L("KV token -> commit lease"); q.pc=4; return true;
   case 4: send(s,p,fence?TCPY:TPUTC,q.a,c); q.pc=5; return true;
   case 5: r=await_(s,p,c); if(!r)return false; if(r==3){ fail(s,p,c); q.fl|=4; L("lease left to expiry"); fin(s,p); return true; } s.tok[p]=0; q.pc=20; return true;
   case 20: if(md==1){ if(barred(s)||s.intent||leased(s)) return false; lockit(s,p); voidtok(s); L("KV intent (exclusive), void tokens"); } send(s,p,TPUTM,v,c); q.a=0; q.pc=21; return true;
   case 21: r=await_(s,p,c); if(!r)return false; if(r==4&&md==9&&r_wait9){ q.pc=30; return true; } if(r==3){ fail(s,p,c); if(md==1) q.fl|=4; } else { if(s.lock==p+1) unlock(s); ret(s,p,r==1?0:1,c); } fin(s,p); return true;
   case 30: c.ev.push_back({3,opid[p],0}); q.fl|=2; L("503"); fin(s,p); return true; } return false; }
// DELETE If-Match
bool idelstep(St&s,int p,Ctx&c,int md){ Pr&q=s.pr[p]; int r; bool wt=md==1||md==2;
 switch(q.pc){
   case 0: if(unpromised(s,inm&&ifmd)) return false; if(md==4){ inv(s,p,c); send(s,p,TDELM,im0,c); q.b=3; q.pc=6; return true; } if(md==9&&r_wait9&&!s.T) return false;
     if((r_ixclude||wt)&&(barred(s)||s.intent)) return false; if(leased(s)) return false; inv(s,p,c); voidtok(s); if(r_ixclude||wt) lockit(s,p); L("KV intent (exclusive), void tokens"); q.pc=1; return true;
   case 1: L("read T=%s",vn(s.T).c_str()); if(s.T){ q.a=1; q.pc=s.T==im0?4:9; return true; } q.a=0; if(md==9&&r_wait9){ q.pc=10; return true; } q.pc=tonly(md)?9:2; return true;
   case 2: L("read D=%d",s.D?1:0); q.pc=s.D?9:3; return true;
   case 3: L("read S=%s",vn(s.S).c_str()); q.pc=s.S==im0?4:9; return true;
   case 4: if(!wt&&r_itwice){ q.a=s.T?1:0; L("HEAD T=%s",vn(s.T).c_str()); } q.pc=5; return true;
   case 5: if(leased(s)) return false; voidtok(s); setD(s,p+1); L("KV D set"); if(q.a||md==2){ q.pc=51; return true; } q.pc=7; return true;
   case 51: send(s,p,md==2||(md==1&&(!inm||!r_icond))?TDEL:TDELM,im0,c); q.pc=6; return true;
   case 203: send(s,p,SDEL,0,c); q.pc=204; return true;
   case 204: r=await_(s,p,c); if(!r)return false; if(r!=1){ fail(s,p,c); q.fl|=4; fin(s,p); return true; } ret(s,p,0,c); if(s.lock==p+1)unlock(s); if(s.D==p+1&&r_gc) arm(s,p,1); q.fl|=4; fin(s,p); return true;
   case 6: r=await_(s,p,c); if(!r)return false; if(q.b==3&&r!=3){ ret(s,p,r==1?0:1,c); fin(s,p); return true; } if(r==1||r==4){ q.pc=7; return true; } if(r==2){ q.pc=9; return true; } fail(s,p,c); q.fl|=4; fin(s,p); return true;
   case 7: if(r_wdel&&(lad[q.ep]==10||lad[q.ep]==11)){ q.pc=203; return true; } if(!wt&&s.lock==p+1){ unlock(s); L("KV close intent"); } ret(s,p,0,c); if(tonly(md)||!both){ if(s.lock==p+1)unlock(s); q.fl|=4; fin(s,p); return true; } q.pc=8; return true;
   case 8: send(s,p,SDEL,0,c); q.pc=81; return true;
   case 81: r=await_(s,p,c); if(!r)return false; if(s.lock==p+1&&(r==1||!r_sdelkeep))unlock(s); if(r==1&&s.D==p+1&&r_gc) arm(s,p,1); L("S.delete %s",r==1?"done: grace begins":"failed: D stays"); q.fl|=4; fin(s,p); return true;
   case 9: if(s.lock==p+1)unlock(s); L("KV close intent"); ret(s,p,1,c); fin(s,p); return true;
   case 10: if(s.lock==p+1)unlock(s); c.ev.push_back({3,opid[p],0}); q.fl|=2; L("503"); fin(s,p); return true; } return false; }
// DELETE of one key among many, write-through off: the steps of all keys are taken together, so long after each other
bool bstep(St&s,int p,Ctx&c){ Pr&q=s.pr[p]; int r;
 switch(q.pc){
   case 0: inv(s,p,c); if(r_bfound){ L("HEAD T=%s",vn(s.T).c_str()); q.a=s.T?1:0; } q.pc=101; return true;
   case 101: if(s.lock||leased(s)) return false; s.intent|=1<<p; if(r_bvoid) voidtok(s); if(q.a||r_bfirst) setD(s,p+1); L("KV intent%s, void tokens",q.a||r_bfirst?", D set":""); q.pc=q.a?103:102; return true;
   case 102: if(r_btwice){ L("HEAD T=%s",vn(s.T).c_str()); q.a=s.T?2:0; } q.pc=104; return true;
   case 104: if(!(s.intent>>p&1)&&r_bown){ L("intent had expired: start over"); q.pc=101; q.a=0; return true; } setD(s,p+1); L("KV D set"); q.pc=q.a||r_bsend?103:106; return true;
   case 103: if(!r_bclose) s.intent&=~(1<<p); send(s,p,TDEL,0,c); q.pc=105; return true;
   case 105: r=await_(s,p,c); if(!r)return false; if(r!=1){ fail(s,p,c); q.fl|=4; fin(s,p); return true; } q.pc=106; return true;
   case 106: ret(s,p,0,c); q.pc=107; return true;
   case 107: s.intent&=~(1<<p); L("KV intents closed"); q.a=0; if(tonly(lad[q.ep])||!both){ q.fl|=4; fin(s,p); return true; } q.pc=3; return true; } return false; }
bool step0(St&s,int p,Ctx&c);
// a read of rungs 10 and 11 that has its answer: no intent is open, and none was settled since it began; else it begins anew
bool looks(St&s,int p,Ctx&c){ Pr&q=s.pr[p];
 if(q.w!=255){ if(!s.lock&&!(r_wecho&&(s.pad[1]>>p&1))){ int r=q.w-1; q.w=0; q.fl|=2; L("no intent since"); c.ev.push_back({2,opid[p],okind[opid[p]]==LIST?(r?1:0):r}); L("RETURN %s",vn(r).c_str()); return true; } q.w=255; L("an intent was open since: read again"); return true; }
 if(q.fl&4){ q.w=0; fail(s,p,c); return true; }
 if(s.lock) return false;
 q.w=0; q.a=q.b=0; q.pc=200; s.pad[1]&=~(1<<p); return true; }
bool step(St&s,int p,Ctx&c){ Pr&q=s.pr[p];
 if(swp&&kind[p]==REC&&q.pc==0) q.ep=pickep(s,p,c);
 if(swp&&!(q.fl&1)&&q.w){ if(q.w==255?q.pc==255:(q.pc==255||c.ch.choose(2)==0)) return looks(s,p,c); }
 if(q.pc==0&&swp&&kind[p]!=REC&&kind[p]!=ADM&&part!=p+1) { q.ep=pickep(s,p,c); if(waits(s,p)&&(kind[p]==GET||kind[p]==HEAD||kind[p]==LIST)){ if(s.lock) return false; s.pad[1]&=~(1<<p); L("rung %d",lad[q.ep]); inv(s,p,c); L("no intent"); q.pc=200; return true; } }
 bool x=kind[p]!=ADM&&lad[q.ep]>=11&&part!=p+1; if(x){ exchange(s); L("(S and T exchanged)"); }
 bool done=step0(s,p,c);
 if(x) exchange(s);
 return done; }
bool step0(St&s,int p,Ctx&c){ Pr&q=s.pr[p]; int k=kind[p]; int r; bool again=q.pc==200; if(again) q.pc=0;
 if(q.pc==255||(q.fl&1))return false;
 if(q.pc==0&&!swp&&k!=REC&&k!=ADM){ q.ep=pickep(s,p,c); if(ladder) L("rung %d",lad[q.ep]); if(part==p+1) return pstep(s,p,c); }
 if(swp&&q.pc==0&&k!=REC&&k!=ADM&&!again){ if(part==p+1) q.ep=pickep(s,p,c); L("rung %d",lad[q.ep]); }
 if(k!=REC&&k!=ADM&&part==p+1) return pstep(s,p,c);
 int md=lad[q.ep]; bool slow_=md==10||md==11; if(md>=10) md=2; bool plain=md==3||md==4||md==9, noI=md==4||(md==3&&!r_i3)||(md==9&&!r_i3), wt=(k==REC||k==ADM)?::wt!=0:(md==1||md==2); bool copies=(k==GET||k==SWEEP);
 if(md>=5&&md!=9&&k!=REC&&k!=ADM) return fstep(s,p,c);
 switch(k){
 case PUT: { int v=oval[opid[p]];
  if(md==1) q.b=1; if(wt&&wtmix&&q.pc==0){ if(c.ch.choose(2)) q.b=1; }
  if(wt&&q.b==1&&!plain){ switch(q.pc){
   case 0: if(wtmix==2){ inv(s,p,c); L("T-only, no KV"); send(s,p,TPUT,v,c); q.pc=4; return true; } if(s.lock||s.intent||leased(s)){return false;} inv(s,p,c); lockit(s,p); voidtok(s); L("T-only; KV intent"); send(s,p,TPUT,v,c); q.pc=3; return true;
   case 4: r=await_(s,p,c); if(!r)return false; if(r==1)ret(s,p,0,c); else fail(s,p,c); fin(s,p); return true;
   case 3: r=await_(s,p,c); if(!r)return false; if(r==1){ q.pc=5; } else { fail(s,p,c); q.fl|=4; fin(s,p);} return true;
   case 5: if(s.lock==p+1)unlock(s); L("KV close"); ret(s,p,0,c); fin(s,p); return true; } return false; }
  if(!wt||plain){ switch(q.pc){
   case 0: if(noI||!needI()||!r_intent){ inv(s,p,c); send(s,p,TPUT,v,c); q.pc=2; return true; }
     if(s.lock||(r_waitlease&&leased(s))) return false; inv(s,p,c); if(r_void)voidtok(s); s.intent|=1<<p; L("KV intent, void tokens"); q.pc=1; return true;
   case 1: send(s,p,TPUT,v,c); q.pc=2; return true;
   case 2: r=await_(s,p,c); if(!r)return false;
     if(r==3&&r_retry&&q.b==0){ q.b=1; send(s,p,TPUT,v,c); L("(gateway retries)"); return true; }
     if(r==1) ret(s,p,0,c); else { fail(s,p,c); if(zombie==3&&!r_settle&&(s.intent>>p&1)){ q.fl|=4; L("intent left to its lease"); fin(s,p); return true; } }
     if(!noI&&((needI()&&r_intent)||(r_putrmD&&r==1))){ if(r_noclose){ q.fl|=4; fin(s,p); return true; } q.pc=3; q.a=r; return true; } fin(s,p); return true;
   case 3: L("KV close intent%s",r_putrmD&&q.a==1?", D removed":""); if(r_putrmD&&q.a==1) setD(s,0); if(r_voidend)voidtok(s); s.intent&=~(1<<p); fin(s,p); return true; } return false; }
  switch(q.pc){
   case 0: if(r_lock&&(barred(s)||s.intent))return false; if(r_waitlease&&leased(s))return false; inv(s,p,c); if(r_lock)lockit(s,p); else s.intent|=1<<p; if(r_void)voidtok(s); if(r_wtrmDearly)setD(s,0); L("KV intent (exclusive), void tokens"); q.pc=(r_sfirst==2)?8:1; q.a=r_sfirst==1; return true;
   case 8: q.a=(s.T||s.D)?1:0; L("HEAD T=%s D=%d: %s first",vn(s.T).c_str(),s.D?1:0,q.a?"S":"T"); q.pc=1; return true;
   case 1: if(!q.a&&(q.fl&16)){ fail(s,p,c); L("T upload was aborted"); fin(s,p); return true; } send(s,p,q.a?SPUT:TPUT,v,c); q.pc=2; return true;
   case 2: r=await_(s,p,c); if(!r)return false; if(r==1||!r_withhold){ q.pc=3; return true; } fail(s,p,c); q.fl|=4; L("intent left to recovery"); fin(s,p); return true;
   case 3: if(q.a&&(q.fl&16)){ fail(s,p,c); L("T upload was aborted"); fin(s,p); return true; } send(s,p,q.a?TPUT:SPUT,v,c); q.pc=4; return true;
   case 4: r=await_(s,p,c); if(!r)return false; if(r==1){ q.pc=5; if(r_ackearly){ ret(s,p,0,c);} return true; } if(r_ackS) ret(s,p,0,c); else fail(s,p,c); q.fl|=4; L("intent left to recovery"); fin(s,p); return true;
   case 5: if(r_ackearly){ if(s.lock==p+1){ unlock(s); if(r_wtrmD&&!r_stickyD)setD(s,0); } L("KV close intent"); fin(s,p); return true; } if(r_lock){ if(s.lock==p+1){ unlock(s); if(r_wtrmD&&!r_stickyD)setD(s,0); ret(s,p,0,c); L("KV close intent, D removed"); } else { if(r_ownend){ ret(s,p,0,c); L("lost intent: S may differ, repair queued"); s.clr|=2; } else ret(s,p,0,c);} }
           else { s.intent&=~(1<<p); if(r_wtrmD&&!r_stickyD)setD(s,0); ret(s,p,0,c); L("KV close"); } if(r_voidend)voidtok(s); fin(s,p); return true; } return false; }
 case CPUT: { int v=oval[opid[p]];
  if(!wt||plain){ switch(q.pc){
   case 0: { if((md==9&&r_wait9&&!s.T)||unpromised(s,inm)) return false; bool I=needI()&&r_mpcput&&!noI; if(I&&(s.lock||leased(s)||(!inm&&s.intent))) return false; inv(s,p,c); if(I){ if(!inm) lockit(s,p); else s.intent|=1<<p; voidtok(s); L("KV intent%s",inm?"":" (exclusive)"); q.b=1; }
     if(!r_cview||(plain&&inm&&!(md==9&&r_wait9))){ send(s,p,TPUTC,v,c); q.pc=4; return true; } L("read T=%s",vn(s.T).c_str()); if(s.T){ ret(s,p,1,c); if(q.b)q.pc=5; else fin(s,p); } else q.pc=plain?3:1; return true; }
   case 1: if(s.D&0x80)return false; L("read D=%d",s.D?1:0); q.pc=s.D?3:2; return true;
   case 2: L("read S=%s",vn(s.S).c_str()); if(s.S){ ret(s,p,1,c); if(q.b)q.pc=5; else fin(s,p);} else q.pc=3; return true;
   case 3: send(s,p,ccomp?TPUT:TPUTC,v,c); q.pc=4; return true;
   case 4: r=await_(s,p,c); if(!r)return false; if(r==1)ret(s,p,0,c); else if(r==2)ret(s,p,1,c); else { fail(s,p,c); if(q.b){ q.fl|=4; fin(s,p); return true; } } if(q.b)q.pc=5; else fin(s,p); return true;
   case 5: L("KV close intent"); if(!inm){ if(s.lock==p+1)unlock(s); } else s.intent&=~(1<<p); fin(s,p); return true; } return false; }
  switch(q.pc){ // WT: judge under the intent, then as PUT, T with the client's condition
   case 0: if(barred(s)||s.intent||leased(s))return false; inv(s,p,c); if(!r_cwtlock){ L("read T=%s",vn(s.T).c_str()); if(s.T){ret(s,p,1,c);fin(s,p);return true;} q.pc=11; return true; } lockit(s,p); voidtok(s); L("KV intent, void tokens; D=%d",s.D); q.pc=1; return true;
   case 1: L("read T=%s",vn(s.T).c_str()); if(s.T){ q.a=1; q.pc=9; } else q.pc=s.D?3:2; return true;
   case 2: L("read S=%s",vn(s.S).c_str()); if(s.S){ q.a=1; q.pc=9;} else q.pc=3; return true;
   case 3: if(md==1){ send(s,p,r_icond?TPUTC:TPUT,v,c); q.pc=6; return true; } send(s,p,SPUT,v,c); q.pc=4; return true;
   case 4: r=await_(s,p,c); if(!r)return false; if(r==1){q.pc=5;return true;} fail(s,p,c); q.fl|=4; fin(s,p); return true;
   case 5: send(s,p,TPUTC,v,c); q.pc=6; return true;
   case 6: r=await_(s,p,c); if(!r)return false; if(r==1){q.pc=7;return true;} if(r==2&&!r_cwtlock) ret(s,p,1,c); else fail(s,p,c); q.fl|=4; fin(s,p); return true;
   case 7: if(s.lock==p+1){unlock(s); if(!r_stickyD)setD(s,0);} ret(s,p,0,c); L("KV close intent"); fin(s,p); return true;
   case 9: if(s.lock==p+1)unlock(s); L("KV close intent"); ret(s,p,1,c); fin(s,p); return true;
   case 11: if(s.lock||leased(s))return false; { bool no=(!s.D&&s.S); if(no){ret(s,p,1,c);fin(s,p);return true;} lockit(s,p); voidtok(s); L("KV intent"); q.pc=3; return true; } } return false; }
 case MC: { int v=oval[opid[p]];
  if(!wt){ switch(q.pc){
   case 0: if(!noI&&needI()&&r_intent){ if(s.lock||leased(s)) return false; s.intent|=1<<p; voidtok(s); L("KV intent, void tokens"); } inv(s,p,c); send(s,p,TCOMP,v,c); q.pc=1; return true;
   case 1: r=await_(s,p,c); if(!r)return false; if(r==1){ ret(s,p,0,c); fin(s,p);} else if(r==3){ fail(s,p,c); q.fl|=4; fin(s,p); return true;} else if(r_mcevid==2){ ret(s,p,0,c); fin(s,p);} else if(!r_mcevid){ fail(s,p,c); fin(s,p);} else { q.pc=2; return true; } s.intent&=~(1<<p); return true;
   case 2: L("HEAD T=%s",vn(s.T).c_str()); if(same(s.T,v)) ret(s,p,0,c); else fail(s,p,c); s.intent&=~(1<<p); fin(s,p); return true; } return false; }
  switch(q.pc){
   case 0: if(r_mcpre&&wt){ inv(s,p,c); if((s.clr&usedT(v))&&!(s.clr&usedS(v))){ L("T no longer has the upload"); fail(s,p,c); fin(s,p); return true; } L("both have the upload, or S has it no longer"); q.pc=30; return true; }
   case 30: if(barred(s)||s.intent||leased(s))return false; if(q.pc==0) inv(s,p,c); lockit(s,p); s.pad[0]=v; voidtok(s); L("KV intent"); q.pc=1; return true;
   case 1: if(r_mct){ send(s,p,TCOMP,v,c); q.pc=20; return true; } if(md==1&&clear&&r_mcabort){ send(s,p,SABT,0,c); q.pc=8; return true; } if(md==1||(ladder&&!clear&&!swp)){ send(s,p,TCOMP,v,c); q.pc=5; return true; } send(s,p,SCOMP,v,c); q.pc=2; return true;
   case 8: r=await_(s,p,c); if(!r)return false; if(r!=1){ fail(s,p,c); q.fl|=4; fin(s,p); return true; } send(s,p,TCOMP,v,c); q.pc=5; return true;
   case 2: r=await_(s,p,c); if(!r)return false; if(r==1)q.pc=4; else if(r==2)q.pc=3; else { fail(s,p,c); q.fl|=4; fin(s,p);} return true;
   case 20: r=await_(s,p,c); if(!r)return false; if(r==1){ send(s,p,SPUT,v,c); q.pc=21; return true; } fail(s,p,c); if(r==2) unlock(s); else q.fl|=4; fin(s,p); return true;
   case 21: r=await_(s,p,c); if(!r)return false; if(r==1){ q.pc=7; return true; } fail(s,p,c); q.fl|=4; fin(s,p); return true;
   case 3: L("HEAD S=%s",vn(s.S).c_str()); if(same(s.S,v)){ q.pc=4; return true; } fail(s,p,c); if(s.lock==p+1)unlock(s); fin(s,p); return true;
   case 4: send(s,p,TCOMP,v,c); q.pc=5; return true;
   case 5: r=await_(s,p,c); if(!r)return false; if(r==1)q.pc=7; else if(r==2)q.pc=6; else { fail(s,p,c); q.fl|=4; fin(s,p);} return true;
   case 6: L("HEAD T=%s",vn(s.T).c_str()); if(same(s.T,v)){ q.pc=7; return true; } fail(s,p,c); q.fl|=4; fin(s,p); return true;
   case 7: if(s.lock==p+1){ unlock(s); if(!r_stickyD)setD(s,0); } L("KV close"); ret(s,p,0,c); fin(s,p); return true; } return false; }
 case IPUT: return iputstep(s,p,c,md); case IDEL: return idelstep(s,p,c,md);
 case DEL: {
  if(batch[p]&&!wt&&md!=4&&(q.pc==0||q.pc>=100)) return bstep(s,p,c);
  bool tomb=r_tomb&&(md<=2||((md==3||md==9)&&r_epochtomb));
  bool lk=wt&&r_lock; int delwt=r_delwt==1||(r_delwt==2&&md==1);
  switch(q.pc){
   case 0: if(!tomb&&plain){ inv(s,p,c); send(s,p,TDEL,0,c); q.pc=20; return true; }
     if(!lk&&tomb&&r_dfirst&&r_del==4){ inv(s,p,c); L("HEAD T=%s",vn(s.T).c_str()); q.b=1; if(s.T){ q.a=1; q.pc=34; } else q.pc=33; return true; }
     if(lk&&(barred(s)||s.intent))return false; if(r_waitlease&&r_dwait&&leased(s))return false; inv(s,p,c);
     if(lk)lockit(s,p); if(r_void)voidtok(s);
     q.b=(!lk&&tomb&&r_dfirst)?(r_del==3?1+c.ch.choose(2):r_del):0; if(lk&&delwt){ q.b=3; L("KV intent (exclusive), void tokens"); q.pc=30; return true; }
     if(q.b==1){ s.intent|=1<<p; L("KV delete intent, void tokens"); q.pc=30; return true; }
     if(q.b==2){ if(s.D&&!(s.D&0x80)) setD(s,p+1); else s.D=0x80|(p+1); L("KV D pending, void tokens"); q.pc=1; return true; }
     if(tomb&&r_dfirst){ setD(s,p+1); } L("KV %s void tokens",tomb&&r_dfirst?"D set,":""); q.pc=1; return true;
   case 30: L("HEAD T=%s",vn(s.T).c_str()); q.a=s.T?1:2; q.pc=31; return true;
   case 34: if(r_waitlease&&leased(s))return false; if(!inm&&r_dfi){ if(s.lock) return false; s.intent|=1<<p; } if(r_void)voidtok(s); setD(s,p+1); L("KV D set, void tokens (T was present)"); q.pc=1; return true;
   case 33: if((r_waitlease&&leased(s))||s.lock)return false; if(r_void)voidtok(s); s.intent|=1<<p; L("KV delete intent, void tokens"); q.pc=30; return true;
   case 31: if(q.b==3){ if(s.lock!=p+1){ fail(s,p,c); L("lost intent"); q.fl|=4; fin(s,p); return true; } setD(s,p+1); L("KV D set"); if(q.a==1){q.pc=1;return true;} q.a=0; ret(s,p,0,c); q.pc=both?3:6; return true; }
     if(!(s.intent>>p&1)){ L("intent had expired: start over"); q.pc=33; return true; } s.intent&=~(1<<p); if(q.a==1&&!inm&&r_dfi){ L("KV delete intent closed"); q.pc=34; return true; } setD(s,p+1); L("KV D set, delete intent closed"); if(q.a==1){ q.pc=1; return true; } q.a=0; ret(s,p,0,c); q.pc=3; if(plain||!both){ q.fl|=4; fin(s,p);} return true;
   case 1: if(r_waitlease&&leased(s))return false; send(s,p,TDEL,0,c); q.pc=2; return true;
   case 2: r=await_(s,p,c); if(!r)return false; 
     if(q.b==2){ q.a=r; q.pc=32; return true; }
     if(r!=1){ fail(s,p,c); q.fl|=4; fin(s,p); return true; }
     s.intent&=~(1<<p);
     if(tomb&&!r_dfirst){ q.pc=7; return true; }
     if(slow_&&r_wdel){ q.pc=203; return true; } ret(s,p,0,c); q.pc=3; if(plain){ q.fl|=4; fin(s,p);} else if(!both){ q.pc=lk?6:255; if(q.pc==255) { q.fl|=4; fin(s,p);} if(!r_dkeep)q.pc=5; } return true;
   case 203: send(s,p,SDEL,0,c); q.pc=204; return true;
   case 204: r=await_(s,p,c); if(!r)return false; if(r!=1){ fail(s,p,c); q.fl|=4; L("intent left to recovery"); fin(s,p); return true; } q.pc=205; return true;
   case 205: ret(s,p,0,c); if(s.lock==p+1){ unlock(s); if(r_gc&&s.D==p+1) arm(s,p,1); } L("KV close, grace begins"); q.fl|=4; fin(s,p); return true;
   case 32: if((s.D&0x7f)==p+1) setD(s,p+1); else if(s.D&0x80) s.D&=0x7f; L("KV D visible"); r=q.a; q.a=0; if(r!=1){ fail(s,p,c); q.fl|=4; fin(s,p); return true; }
     ret(s,p,0,c); q.pc=3; if(plain){ q.fl|=4; fin(s,p);} else if(!both){ q.fl|=4; fin(s,p); if(!r_dkeep)q.pc=5; } return true;
   case 7: setD(s,p+1); voidtok(s); L("KV D set"); ret(s,p,0,c); q.pc=3; if(!both){ q.pc=lk?6:255; if(q.pc==255)fin(s,p);} return true;
   case 3: send(s,p,SDEL,0,c); q.pc=r_dearly?5:4; return true;
   case 4: r=await_(s,p,c); if(!r)return false; if(r==1||!r_dkeep){ q.pc=5; } else if(lk&&r_sdelkeep){ q.fl|=4; L("intent left to recovery"); fin(s,p); } else { q.pc=6; } return true;
   case 5: if(r_grace&&readers(s))return false; if(lk){ if(s.lock==p+1){ unlock(s); if(!r_stickyD)setD(s,0); else if(r_gc&&s.D==p+1) arm(s,p,1); } } else if(!r_dgen||s.D==p+1){ if(r_gc&&r_dkeep&&!r_dearly) arm(s,p,1); else setD(s,0); } L(s.D?"KV D: S known empty, grace begins":"KV D removed"); if(r_voidend)voidtok(s); q.fl|=4; if(q.rs){ /* r_dearly: leave request in flight */ int j=s.z[0][0]?1:0; if(q.rs==1){s.z[j][0]=q.rq; s.z[j][1]=q.rv;} q.rq=q.rv=q.rs=0; } fin(s,p); return true;
   case 6: if(lk&&s.lock==p+1)unlock(s); L("KV close intent (D stays)"); q.fl|=4; fin(s,p); return true;
   case 20: r=await_(s,p,c); if(!r)return false; if(r==1)ret(s,p,0,c); else fail(s,p,c); fin(s,p); return true;
  } return false; }
 case GET: case SWEEP: case HEAD: case LIST: { bool isop=(k!=SWEEP);
  int ord=r_order;
  switch(q.pc){
   case 0: if(md==9&&r_wait9&&!s.T&&isop&&r_readdrain) return false; inv(s,p,c); if(isop&&plain&&!r_readdrain){ q.pc=90; return true; }
     if(k==LIST&&r_list==2&&!plain){ q.a=s.S; L("read S=%s",vn(s.S).c_str()); q.pc=62; return true; }
     if(k==LIST&&r_list&&!plain){ L("read T=%s",vn(s.T).c_str()); if(s.T){ret(s,p,s.T,c);fin(s,p);return true;} q.pc=60; return true; }
     if(isop&&ord==1){ if(s.D&0x80)return false; q.b=s.D?1:0; L("read D=%d",s.D); if(copies&&r_token&&!s.D&&(r_regopen||!openint(s))){s.tok[p]=1;} q.pc=30; return true; }
     if(isop&&ord==3){ q.a=s.S; L("read S=%s",vn(s.S).c_str()); q.pc=31; return true; }
     if(isop&&ord==5){ if(c.ch.choose(2)){ q.a=s.S; L("read S=%s",vn(s.S).c_str()); q.pc=50; return true; } L("read T=%s",vn(s.T).c_str()); if(s.T){ret(s,p,s.T,c);fin(s,p);return true;} q.pc=51; return true; }
     if(isop&&ord==4){ if(s.D&0x80)return false; q.b=s.D?1:0; L("read D1=%d",q.b); q.pc=33; return true; }
     if(isop&&r_fallback&&s.faults>0&&c.ch.choose(2)){ s.faults--; L("T error, treated as miss"); q.pc=1; return true; }
     L("read T=%s",vn(s.T).c_str()); if(s.T||plain){ if(isop)ret(s,p,s.T,c); fin(s,p); return true; }
     q.pc=(isop&&ord==2)?32:1; return true;
   case 90: L("read T=%s",vn(s.T).c_str()); if(!s.T&&md==9&&r_wait9) fail(s,p,c); else ret(s,p,s.T,c); fin(s,p); return true;
   case 30: L("read T=%s",vn(s.T).c_str()); if(s.T){ ret(s,p,s.T,c); s.tok[p]=0; fin(s,p);} else if(q.b){ ret(s,p,0,c); fin(s,p);} else q.pc=2; return true;
   case 62: L("read T=%s",vn(s.T).c_str()); if(s.T){ret(s,p,s.T,c);fin(s,p);return true;} q.pc=61; return true;
   case 60: q.a=s.S; L("read S=%s",vn(s.S).c_str()); q.pc=61; return true;
   case 61: if(s.D&0x80)return false; L("KV D=%d, intent %s",s.D?1:0,s.lock?"open":"none"); if(s.D){ q.a=0; if(r_listD){ q.pc=4; return true; } ret(s,p,0,c); fin(s,p); return true; } if(q.a&&wt&&r_list==1&&r_listI&&s.lock){ q.pc=43; return true; } ret(s,p,q.a,c); fin(s,p); return true;
   case 31: if(s.D&0x80)return false; L("read D=%d",s.D); q.b=s.D?1:0; q.pc=34; return true;
   case 34: L("read T=%s",vn(s.T).c_str()); ret(s,p,s.T?s.T:q.b?0:q.a,c); fin(s,p); return true;
   case 32: q.a=s.S; L("read S=%s",vn(s.S).c_str()); q.pc=35; return true;
   case 35: if(s.D&0x80)return false; L("read D=%d",s.D?1:0); if(s.D&&r_recheckD){q.a=0;q.pc=4;return true;} ret(s,p,s.D?0:q.a,c); fin(s,p); return true;
   case 33: q.a=s.S; L("read S=%s",vn(s.S).c_str()); q.pc=36; return true;
   case 36: L("read T=%s",vn(s.T).c_str()); if(s.T){ret(s,p,s.T,c);fin(s,p);return true;} q.pc=37; return true;
   case 50: L("read T=%s",vn(s.T).c_str()); if(s.T){ret(s,p,s.T,c);fin(s,p);return true;} q.pc=37; return true;
   case 51: q.a=s.S; L("read S=%s",vn(s.S).c_str()); q.pc=37; return true;
   case 37: if(s.D&0x80)return false; L("read D2=%d",s.D); if(s.D&&!q.b&&r_recheckD){q.a=0;q.pc=4;return true;} if(wt&&r_recheckS&&q.a&&!q.b){q.pc=4;return true;} ret(s,p,(s.D||q.b)?0:q.a,c); fin(s,p); return true;
   case 1: // KV: read D, register token
     if(k==SWEEP&&r_late&&(md==0||(r_late==3&&md<=2))&&((inm&&!fence)||r_late==2)&&c.ch.choose(2)){ q.b=2; q.pc=2; L("no token"); return true; }
     if(s.D&0x80) return false; // a delete is between its two commits: wait
     if(isop&&wt&&r_recheckS==4&&!s.D&&openint(s)) return false; // reader waits for the open intent
     if(s.D&&!r_regD){ L("KV read D=1"); q.a=0; if(!isop){fin(s,p);return true;} if(k==LIST?r_listD:r_recheckD){ q.pc=4; return true; } ret(s,p,0,c); fin(s,p); return true; }
     if(s.D&&isop){ if(copies){s.tok[p]=1;} }
     else if(isop&&wt&&r_recheckS==6&&s.lock){ s.tok[p]=4; L("KV read D=0, read-only token (intent open)"); }
     else if((copies||(wt&&(r_recheckS==4||r_recheckS==6)))&&r_token&&r_tokfirst&&(r_regopen||!openint(s))){ s.tok[p]=1; L("KV read D=0, token registered"); } else L("KV read D=0, no token");
     if(!r_token&&copies) q.b=1;
     q.pc=(copies&&s.tok[p]==1&&(!inm||(fence&&!inmc))&&r_copyrecheckT)?7:2; return true;
   case 7: L("re-read T=%s",vn(s.T).c_str()); if(s.T){ s.tok[p]=0; if(isop)ret(s,p,s.T,c); fin(s,p); return true; } q.pc=2; return true;
   case 2: q.a=s.S; L("read S=%s",vn(s.S).c_str());
     if(isop&&q.a&&(k!=LIST||r_listS)&&((wt&&r_recheckS)||r_recheckAll)){ q.pc=(r_recheckS==2||r_recheckS==5)?40:(r_recheckS==4||r_recheckS==6)?42:r_recheckS==3?43:4; return true; }
     if(isop&&!q.a&&r_recheckN){ q.pc=4; return true; }
     if(k==SWEEP&&q.b==2){ if(!q.a) fin(s,p); else q.pc=9; return true; }
     if(isop) ret(s,p,q.a,c);
     q.pc=8; return true;
   case 8: // decide to copy
     if(copies&&r_token&&!r_tokfirst&&q.a&&!s.D&&(r_regopen||!openint(s))){ s.tok[p]=1; L("KV token registered late"); q.pc=10; return true; }
     if(!copies||!q.a||(r_token&&s.tok[p]!=1&&s.tok[p]!=2)){ if(s.tok[p])s.tok[p]=0; fin(s,p); return true; } q.pc=10; L("last bytes withheld"); 
     // fallthrough to commit-lease step as its own step
     return true;
   case 4: L("re-read T=%s",vn(s.T).c_str()); if(s.T){ s.tok[p]=0; ret(s,p,s.T,c); fin(s,p); return true; } ret(s,p,q.a,c); q.pc=8; if(!q.a){s.tok[p]=0; fin(s,p);} return true;
   case 40: if(s.D&0x80)return false; L("re-read D=%d",s.D?1:0); if(s.D){q.a=0; s.tok[p]=0;} if(r_recheckS==5&&q.a){ ret(s,p,q.a,c); q.pc=8; return true; } q.pc=4; return true;
   case 43: L("re-read T=%s",vn(s.T).c_str()); if(s.T){ s.tok[p]=0; ret(s,p,s.T,c); fin(s,p); return true; } q.pc=44; return true;
   case 44: if(s.D&0x80)return false; L("re-read D=%d",s.D?1:0); if(s.D){ q.a=0; s.tok[p]=0; q.pc=4; return true; } ret(s,p,q.a,c); q.pc=8; return true;
   case 46: if(s.tok[p]!=4){ L("token voided: GET restarts"); s.tok[p]=0; q.a=0; q.pc=45; return true; } L("KV read-only token still valid"); s.tok[p]=0; ret(s,p,q.a,c); fin(s,p); return true;
   case 47: L("re-read T=%s",vn(s.T).c_str()); if(s.T){ s.tok[p]=0; ret(s,p,s.T,c); fin(s,p); return true; } q.pc=46; return true;
   case 42: if(s.tok[p]==4){ L("read-only token"); q.pc=47; return true; } if(s.tok[p]!=1){ L("token voided: GET restarts"); s.tok[p]=0; q.a=0; q.pc=45; return true; } L("KV token still valid"); ret(s,p,q.a,c); q.pc=8; if(k==HEAD){s.tok[p]=0;} return true;
   case 45: L("read T=%s",vn(s.T).c_str()); if(s.T){ ret(s,p,s.T,c); fin(s,p); return true; } q.pc=1; return true;
   case 10: { if(r_token&&r_tokcheck&&s.tok[p]!=1){ L("KV token voided: copy abandoned"); s.tok[p]=0; fin(s,p); return true; }
     if(r_commitopen&&openint(s)){ L("KV intent open: copy abandoned"); s.tok[p]=0; fin(s,p); return true; }
     if(r_dcheck&&s.D){ L("KV key in D: copy abandoned"); s.tok[p]=0; fin(s,p); return true; }
     if(r_mpx){ if(s.lock||s.intent) return false; lockit(s,p); s.tok[p]=3; L("KV exclusive intent for the copy"); q.pc=14; return true; }
     if(r_lease&&r_token){ s.tok[p]=3; L("KV token -> commit lease"); } else L("KV check passed (no lease)"); q.pc=11; return true; }
   case 9: if((r_lateD&&s.D)||(r_lateI&&openint(s))){ L("KV D=%d, intent %s: copy abandoned",s.D?1:0,openint(s)?"open":"none"); fin(s,p); return true; }
     s.tok[p]=3; L("KV no D, no intent -> commit lease"); q.pc=11; return true;
   case 14: L("re-read T=%s",vn(s.T).c_str()); if(s.T){ q.pc=13; return true; } q.pc=11; return true;
   case 11: send(s,p,fence?TCPY:TPUTC,q.a,c); q.pc=12; return true;
   case 12: r=await_(s,p,c); if(!r)return false; if(r==3&&zombie&&(r_keeplease||fence)){ q.fl|=4; q.pc=255; L("lease left to expiry"); return true; } q.pc=13; return true;
   case 13: s.tok[p]=0; if(r_mpx&&s.lock==p+1)unlock(s); L("KV lease dropped"); fin(s,p); return true;
  } return false; }
 case REC: { switch(q.pc){
   case 0: { // pick a job
     int n=0; int jobs[24][2];
     for(int i=0;i<NP;i++) if(s.tok[i]&&i!=RP&&(expired(s,i)&&(s.tok[i]==3||dead(s,i)))){ jobs[n][0]=1;jobs[n][1]=i;n++; }
     for(int i=0;i<NP;i++) if((s.intent>>i&1)&&expired(s,i)){ jobs[n][0]=2;jobs[n][1]=i;n++; }
     bool anyI=wt||ladder; bool gcok=swp||(mlo(s)<=2&&mhi(s)<=2);
     if(!anyI&&s.lock&&expired(s,s.lock-1)&&!leased(s)){ jobs[n][0]=10;jobs[n][1]=s.lock-1;n++; }
     if(anyI&&s.lock&&expired(s,s.lock-1)&&!leased(s)&&r_rec!=5){ jobs[n][0]=3;jobs[n][1]=s.lock-1;n++; }
     bool dlive=false; if(s.D) { int o=(s.D&0x7f)-1; if(r_gcown&&o<NP&&!(s.pr[o].fl&5)&&s.pr[o].pc!=255) dlive=true; }
     bool dv=s.D&&!(s.D&0x80)&&both&&gcok&&r_dkeep&&!leased(s)&&!s.lock;
     if(r_gc&&dv&&s.garm&&(!s.gmask||r_gc==2)&&!dlive){ jobs[n][0]=9;jobs[n][1]=0;n++; }
     if(r_gc&&r_gcpres&&dv&&s.T&&!s.garm&&!dlive&&(!anyI||s.S==s.T)){ jobs[n][0]=11;jobs[n][1]=0;n++; }
     if(anyI&&r_lock){ if(dv&&!s.garm&&(!s.T||!r_reckeepD)&&!(r_stickyD&&!r_gc&&!s.S)){ jobs[n][0]=4;jobs[n][1]=0;n++; } 
        if((s.clr&2)&&!s.lock&&!leased(s)){ jobs[n][0]=6;jobs[n][1]=0;n++; } }
     if(s.D&0x80){ int o=(s.D&0x7f)-1; if(expired(s,o)){ jobs[n][0]=7;jobs[n][1]=o;n++; } }
     else if(anyI&&r_lock){} else if(s.D&&!(s.D&0x80)&&both&&!dlive&&gcok&&r_dkeep&&!s.garm){ jobs[n][0]=5;jobs[n][1]=0;n++; }
     if(!n)return false; int j=c.ch.choose(n); int o=jobs[j][1];
     switch(jobs[j][0]){
      case 1: if(fence&&s.tok[o]==3){ q.pc=20; q.a=o; L("recovery: abort copy upload of p%d (fence)",o); // abort: its Complete can no longer apply
              if(s.pr[o].rs==1){ s.pr[o].rq=s.pr[o].rv=s.pr[o].rs=0; } for(int z=0;z<2;z++) if(s.z[z][0]==TCPY){ s.z[z][0]=s.z[z][1]=0; } if(!s.z[0][0]&&s.z[1][0]){ memcpy(s.z[0],s.z[1],2); s.z[1][0]=s.z[1][1]=0; } if(!(s.pr[o].fl&5)) s.pr[o].fl|=1; return true; }
              s.tok[o]=0; L("recovery: lease/token of p%d expires",o); return true;
      case 2: s.intent&=~(1<<o); if(wt&&!r_lock) { /* no exclusive lock */ q.pc=1; q.b=o; q.a=0; } L("recovery: intent of p%d expires",o); return true;
      case 3: lockit(s,RP); voidtok(s); L("recovery takes the intent of p%d",o); if(fence2&&o<RP){ L("aborts its T upload"); if(s.pr[o].rs==1&&s.pr[o].rq==TPUT){ s.pr[o].rq=s.pr[o].rv=s.pr[o].rs=0; if(!(s.pr[o].fl&1)){ s.pr[o].rq=TPUT; s.pr[o].rs=3; } } s.pr[o].fl|=16; for(int z=0;z<2;z++) if(s.z[z][0]==TPUT&&s.z[z][1]==(opid[o]>=0?oval[opid[o]]:0)){ s.z[z][0]=s.z[z][1]=0; } if(!s.z[0][0]&&s.z[1][0]){ memcpy(s.z[0],s.z[1],2); s.z[1][0]=s.z[1][1]=0; } } q.pc=1; q.b=o; return true;
      case 4: lockit(s,RP); voidtok(s); L("D-repair takes intent"); q.b=RP; q.pc=1; return true;
      case 6: lockit(s,RP); s.clr&=~2; voidtok(s); L("queued repair takes intent"); q.b=RP; q.pc=1; return true;
      case 7: s.D&=0x7f; L("recovery makes D visible"); return true;
      case 9: if(anyI){ s.lock=RP+1; voidtok(s); } q.b=s.D; q.pc=50; L("GC: the grace is over"); return true;
      case 10: s.lock=0; voidtok(s); L("recovery: intent of p%d expires",o); return true;
      case 11: arm(s,RP,2); L("GC: T has the key, grace begins"); return true;
      case 5: q.b=s.D; q.pc=r_gcT?7:8; L("D-repair starts"); return true; } return false; }
   case 50: L("GC reads T=%s",vn(s.T).c_str()); if(r_gcTend&&(s.garm==1?s.T!=0:s.T==0)){ q.a=1; q.pc=52; return true; } q.pc=(r_gcS&&s.garm==1)?51:52; return true;
   case 51: L("GC reads S=%s",vn(s.S).c_str()); if(s.S) q.a=1; q.pc=52; return true;
   case 52: if(s.lock==RP+1)unlock(s); if((!r_dgen||s.D==q.b)&&(s.garm||!r_rearm)&&!q.a){ setD(s,0); L("KV D removed"); } else { s.garm=s.gmask=0; L("KV D stays"); } q.a=q.b=0; q.pc=0; return true;
   case 20: s.tok[q.a]=0; L("recovery: lease dropped"); q.a=0; q.pc=0; return true;
   case 1: { int stamp=(q.b<RP&&opid[q.b]>=0)?oval[opid[q.b]]:s.pad[0]; // op's write stamp
     if(((q.b<RP&&kind[q.b]==MC)||(q.b==RP&&s.pad[0]))&&!r_mct&&(r_mcfwd||r_mcput)){ L("HEAD S=%s",vn(s.S).c_str()); if(same(s.S,stamp)&&(r_mcetag!=2||(s.clr&usedS(stamp)))){ s.pad[0]=stamp; if(r_mcput){ q.a=stamp; q.pc=3; return true; } q.pc=13; return true; } q.pc=10; return true; }
     if(r_reconly2&&ladder&&!swp&&q.b<RP&&mlo(s)!=2&&mhi(s)!=2&&(mhi(s)<5||mhi(s)==9)){ L("nothing to settle on this rung"); q.pc=5; q.a=0; return true; }
     if(r_rec==3){ q.pc=5; q.a=0; return true; }
     if(r_rec==2&&kind[q.b]!=DEL){ q.a=s.S; L("read S=%s",vn(s.S).c_str()); if(q.a){ q.pc=3; } else {q.pc=5;q.a=0;} return true; }
     if((r_rec==1||r_rec==4)&&stamp&&kind[q.b]!=DEL){ L("HEAD S=%s",vn(s.S).c_str()); if(s.S==stamp){ q.a=stamp; q.pc=3; return true; } if(r_rec==1){ q.pc=5; q.a=0; return true; } q.pc=10; return true; }
     q.pc=10; /* fallthrough */ }
   case 10: if(swp&&r_wmc&&(lad[q.ep]==10||lad[q.ep]==11)&&!r_mct){ int m=(q.b<RP&&kind[q.b]==MC)?oval[opid[q.b]]:(q.b==RP?s.pad[0]:0); if(m>=7&&(s.clr&usedT(m))&&!(s.clr&usedS(m))){ s.pad[0]=m; send(s,p,SABT,m,c); q.pc=16; return true; } }
    L("read T=%s, D=%d",vn(s.T).c_str(),s.D?1:0); if(!swp&&mlo(s)>=6&&mlo(s)!=9){ q.a=s.S; q.pc=s.S?3:15; return true; } if(s.T){ q.a=s.T; q.pc=2; } else if(s.D&&both) q.pc=4; else { q.a=0; q.pc=5; } return true;
   case 16: r=await_(s,p,c); if(!r)return false; if(r!=1){ q.pc=0; q.a=q.b=0; return true; } q.pc=10; return true;
   case 2: send(s,p,SPUT,q.a,c); q.a=r_reckeepD?2:1; q.pc=6; return true;      // T -> S
   case 3: send(s,p,TPUT,q.a,c); q.a=1; q.pc=6; return true;      // S -> T
   case 4: send(s,p,SDEL,0,c); q.a=1; q.pc=6; return true;
   case 15: send(s,p,TDEL,0,c); q.a=2; q.pc=6; return true;
   case 6: r=await_(s,p,c); if(!r)return false; if(r==1){ q.pc=5; } else { q.pc=0; q.a=q.b=0; } return true; // error: retry later
   case 5: if(swp){ for(int i=0;i<NP;i++) if((kind[i]==GET||kind[i]==HEAD||kind[i]==LIST)&&active(s,i)) s.pad[1]|=1<<i; } if(s.lock==RP+1)unlock(s); if(q.a==1&&!r_stickyD)setD(s,0); else if(q.a==1&&r_gc&&s.D) arm(s,RP,1); L("KV close repair%s",q.a==1?(s.D?", grace begins":", D removed"):""); q.a=q.b=0; q.pc=0; return true;
   case 13: send(s,p,TCOMP,s.pad[0],c); q.pc=14; return true;
   case 14: r=await_(s,p,c); if(!r)return false; if(r==3){ q.pc=0; q.a=q.b=0; lockit(s,RP); return true; } q.pc=10; return true;
   case 7: L("GC reads T=%s",vn(s.T).c_str()); if(s.T){ q.pc=0; q.b=0; return true; } q.pc=8; return true;
   case 8: if(r_gcretryT){ send(s,p,TDEL,0,c); q.pc=11; return true; } send(s,p,SDEL,0,c); q.pc=9; return true;
   case 11: r=await_(s,p,c); if(!r)return false; if(r!=1){q.pc=0;q.b=0;return true;} send(s,p,SDEL,0,c); q.pc=9; return true;
   case 9: r=await_(s,p,c); if(!r)return false; if(r==1)q.pc=12; else {q.pc=0;q.b=0;} return true;
   case 12: if(r_grace&&readers(s))return false; if(!r_dgen||s.D==q.b){ if(r_gc) arm(s,RP,1); else setD(s,0); } L(s.D?"KV grace begins":"KV D removed by GC"); q.b=0; q.pc=0; return true;
  } return false; }
 case ADM: { auto drained=[&](){ int hi=(s.epoch+1)/2; if(!r_drain) return true; if(RP>=0&&s.pr[RP].pc!=0) return false; if(zother(s)) return false; if(s.lock==RP+1) return false;
     for(int i=0;i<NP;i++){ if(i==RP||i==AP||part==i+1||s.pr[i].ep>=hi||!(s.pr[i].fl&8)) continue; if(unawaited(s,i)) continue; if(!r_readdrain&&(kind[i]==GET||kind[i]==HEAD||kind[i]==LIST)&&tonly(lad[s.pr[i].ep])) continue; if(active(s,i)||s.pr[i].rs==1||s.lock==i+1||(s.intent>>i&1)||s.tok[i]==3||(s.D&0x80)) return false; }
     return true; };
   int hi=(s.epoch+1)/2;
   if(s.epoch&1){ if(!drained()) return false; s.epoch++; L("ADMIN: every gateway acked rung %d",lad[hi]); if(lad[hi]==4){ setD(s,0); L("D dropped"); } if(lad[hi]>=3) voidtok(s); if(hi+1==(int)lad.size()&&q.b) c.ev.push_back({2,opid[p],0}); return true; }
   if(hi+1>=(int)lad.size()){ fin(s,p); return true; }
   { int m=lad[hi+1]; bool rep=s.lock||(s.clr&2)||s.intent; if((m==3||m==4)&&lad[hi]<3){ if(r_cguard&&((s.S&&!s.T&&!s.D)||rep)) return false; }
     if(m>=5&&m!=9&&!swp&&r_fguard){ if(rep) return false; if(m>=6&&lad[hi]<6&&s.S!=s.T) return false; }
       if(swp){ int now=lad[hi]; if((now==2||now==12)&&m>=10&&r_walk){ if(q.rv==0){ q.a=now==2?s.S:s.T; q.rv=1; L("ADMIN lists the shadow: %s",vn(q.a).c_str()); return true; }
       if(q.rv==1){ int t=now==2?s.T:s.S; L("ADMIN lists the target: %s, D=%d",vn(t).c_str(),s.D?1:0); if((q.a&&t&&q.a!=t)||(s.D&&t&&!q.a)) { s.clr|=2; q.rv=2; } else q.rv=3; q.a=0; return true; }
       if(q.rv==2){ if(s.clr&2||s.lock==RP+1) return false; q.rv=3; L("ADMIN: the key is in line"); return true; } q.rv=0; }
       if(((now==10&&m==11)||(now==11&&m==10))&&r_wowed&&s.D&&s.dep<hi&&!s.garm&&(now==10?s.S&&(!s.T||s.lock):s.T&&(!s.S||s.lock))) return false; }
   s.epoch++; q.pc=1; L("ADMIN announces rung %d",m); if(lad[hi]==4&&opid[p]>=0&&s.S){ q.b=1; c.ev.push_back({1,opid[p],0}); } return true; } }
 } return false; }
int view(const St&s){ return s.T?s.T:(s.D&0x80)?15:(s.D?0:s.S); } // 15: readers wait
int viewm(const St&s,int m){ if(m==3||m==4) return s.T; if(m==9) return s.T||!r_wait9?s.T:15; if(m==10) return s.lock&&r_walign?15:view(s); if(m==11||m==12){ int v=s.S?s.S:s.D?0:s.T; return m==11&&s.lock&&r_walign?15:v; } if(m==5) return s.lock?15:view(s); if(m==6) return s.lock?15:s.S; if(m>=7) return s.S; return view(s); }
struct Node{ St s; int lin; };
struct H{ size_t operator()(const string&x)const{ return hash<string>()(x);} };
vector<St> SV; vector<int> LV; vector<u32> PV; vector<u64> AV;
vector<u32> table; u64 tmask;
u64 hsh(const St&s,int l){ const u8*b=(const u8*)&s; u64 h=1469598103934665603ull^((u64)l*0x9E3779B97F4A7C15ull); for(size_t i=0;i<sizeof(St);i+=4){ u32 w=0; memcpy(&w,b+i,min<size_t>(4,sizeof(St)-i)); h=(h^w)*0x9E3779B97F4A7C15ull; h^=h>>29; } return h; }
void grow(){ u64 n=table.empty()?(1<<20):table.size()*2; table.assign(n,0); tmask=n-1; for(size_t i=0;i<SV.size();i++){ u64 h=hsh(SV[i],LV[i])&tmask; while(table[h])h=(h+1)&tmask; table[h]=i+1; } }
bool add(const St&s,int l,u32 par,u64 act){ if(SV.size()*2>=table.size())grow(); u64 h=hsh(s,l)&tmask; while(table[h]){ u32 i=table[h]-1; if(LV[i]==l&&!memcmp(&SV[i],&s,sizeof(St)))return false; h=(h+1)&tmask; } SV.push_back(s);LV.push_back(l);PV.push_back(par);AV.push_back(act); table[h]=SV.size(); return true; }
// actions: p*8+type ; type 0 step,1 apply own req,2 crash, 3 drop (crashed, non-zombie); p=P..P+1: zombies apply (type 4)
bool act(St&s,int a,Ctx&c){ int p=a/8,t=a%8; c.ev.clear(); c.lab.clear();
 if(t==4){ int z=p; if(!s.z[z][0])return false; int rq=s.z[z][0],rv=s.z[z][1]; L("(late request applies) %s %s",RN[rq],vn(rv).c_str()); applyreq(s,rq,rv,0,c); if(z==0){ memcpy(s.z[0],s.z[1],2);} s.z[1][0]=s.z[1][1]=0; return true; }
 if(t==5){ int z=p; if(!s.z[z][0])return false; L("(late request lost)"); if(z==0){ memcpy(s.z[0],s.z[1],2);} s.z[1][0]=s.z[1][1]=0; return true; }
 Pr&q=s.pr[p];
 if(t==0) return step(s,p,c);
 if(t==1){ if(q.rs!=1)return false; L("store applies %s %s",RN[q.rq],vn(q.rv).c_str()); applyreq(s,q.rq,q.rv,&q.rs,c); if(q.fl&1){q.rq=q.rv=q.rs=0;} return true; }
 if(t==3){ if(q.rs!=1||!(q.fl&1))return false; L("in-flight request of the dead gateway is lost"); q.rq=q.rv=q.rs=0; return true; }
 if(t==2){ if(!s.crashes||(q.fl&1)||q.pc==255||kind[p]==ADM)return false; if(q.pc==0)return false; s.crashes--; L("CRASH");
   if(kind[p]==REC){ if(q.rs==1){ if(s.z[1][0])return false; int j=s.z[0][0]?1:0; s.z[j][0]=q.rq;s.z[j][1]=q.rv; } q.rq=q.rv=q.rs=0; if(q.pc==20) {} q.pc=0;q.a=q.b=0; return true; }
   q.fl|=1; if(q.rs>=2)q.rq=q.rv=q.rs=0; if(!(q.fl&2)&&opid[p]>=0&&(okind[opid[p]]==GET||okind[opid[p]]==LIST)) c.ev.push_back({3,opid[p],0}); q.fl|=2; q.a=q.b=0; q.pc=1; return true; }
 return false; }
u64 pack(int a,Ch&ch){ u64 r=a; for(int i=0;i<ch.pos;i++) r|=(u64)(ch.seq[i]+1)<<(8+4*i); return r; }
const u64 NONE=~0ull;
void trace(u32 i,u64 last,const string&why){ vector<u64> acts; if(last!=NONE)acts.push_back(last); while(i){ acts.push_back(AV[i]); i=PV[i]; } reverse(acts.begin(),acts.end()); St s=SV[0]; printf("VIOLATION: %s  (%zu steps)\n",why.c_str(),acts.size()); if(quiet)return; printf("   init T=%s S=%s\n",vn(s.T).c_str(),vn(s.S).c_str());
 for(u64 a:acts){ Ctx c; c.tr=true; c.ch.len=c.ch.pos=0; for(int k=0;k<12;k++){ int v=(k<14)?(a>>(8+4*k))&15:0; if(!v)break; c.ch.seq[k]=v-1; c.ch.n[k]=15; c.ch.len=k+1; } act(s,a&255,c); s.gmask&=actives(s); int t=(a&255)%8,p=(a&255)/8; string who=t>=4?"net":(string[]){"","PUT","DEL","GET","CPUT","SWEEP","REC","ADMIN","HEAD","LIST","COMPLETE","PUT-IF","DEL-IF"}[kind[p]]; if(t<4){ if(kind[p]==PUT||kind[p]==CPUT||kind[p]==IPUT)who+="("+vn(oval[opid[p]])+")"; who+="#"+to_string(p);} printf("   %-9s %-70s | T=%s S=%s D=%d view=%s\n",who.c_str(),c.lab.c_str(),vn(s.T).c_str(),vn(s.S).c_str(),s.D?1:0,vn(view(s)).c_str()); } }
int main(int argc,char**argv){ vector<string> ops; for(int i=1;i<argc;i++){ string a=argv[i]; size_t e=a.find('='); if(e!=string::npos){ string k=a.substr(0,e); if(!OPTS.count(k)){ fprintf(stderr,"unknown option %s\n",k.c_str()); return 2;} *OPTS[k]=atoi(a.c_str()+e+1);} else ops.push_back(a); }
 int nv=3; int no=0; for(auto&o:ops){ int k=o=="PUT"?PUT:o=="DEL"?DEL:o=="GET"?GET:o=="CPUT"?CPUT:o=="SWEEP"?SWEEP:o=="HEAD"?HEAD:o=="LIST"||o=="LISTV"?LIST:o=="MC"||o=="MC2"?MC:o=="IPUT"?IPUT:o=="IDEL"?IDEL:o=="BDEL"?DEL:0; if(!k){fprintf(stderr,"bad op %s\n",o.c_str());return 2;} kind[NP]=k; batch[NP]=o=="BDEL"; if(k==SWEEP){opid[NP]=-1;} else { opid[NP]=no; okind[no]=(k==HEAD||o=="LISTV")?GET:k; oval[no]=(k==PUT||k==CPUT||k==IPUT)?nv++:o=="MC2"?8:k==MC?7:0; no++; } NP++; }
 kind[NP]=REC; opid[NP]=-1; RP=NP++; if(clear||setwt||flip||setsh||swp){ ladder=true; kind[NP]=ADM; opid[NP]=-1; if(setsh==1||setsh==2||setsh>=5){ opid[NP]=no; okind[no]=SETSHADOW; oval[no++]=s0; } AP=NP++; } if(NP>P){fprintf(stderr,"too many\n");return 2;}
 if(!ladder) lad={wt?2:0}; else if(setsh) lad=(vector<int>[]){{},{4,3,9,0},{0,3,4,3,9,0},{0,3,9,0},{2,1,3,9,0},{4,3,9,0,1,2},{4,3,9,3,9,0}}[setsh]; else if(setwt) lad=setwt==3?vector<int>{0,1,0}:setwt==4?vector<int>{2,1,2}:setwt==2?vector<int>{2,1,0}:vector<int>{0,1,2}; else if(swp) lad=swp==2?vector<int>{2,10,10,2}:swp==3?vector<int>{2,10,10,11,12,11,11,10,2}:vector<int>{2,10,10,11,12}; else if(flip) lad={2,5,6,7,8}; else if(wt) lad={2,1,3,4}; else if(r_ack1) lad={0,3,4}; else lad={0,4};
 if(skip) lad.erase(lad.begin()+skip);
 St s; memset(&s,0,sizeof s); s.T=t0?2:0; s.S=s0; s.faults=faults; s.crashes=crashes;
 LS l; l.pend=0; im0=im>=0?im:viewm(s,lad[0])?viewm(s,lad[0]):s0; l.c.push_back(viewm(s,lad[0])); int l0=intern(l); add(s,l0,0,0);
 u64 trans=0; size_t quies=0; 
 for(u32 i=0;i<SV.size();i++){ if((int)SV.size()>maxstates){ printf("LIMIT %zu states, no violation so far\n",SV.size()); return 3; }
  bool any=false; St cur=SV[i]; int cl=LV[i];
  for(int a=0;a<8*NP+8*2;a++){ int t=a%8,p=a/8; int code; if(p<NP){ if(t>3)continue; code=a; } else { int z=p-NP; if(t!=0&&t!=1)continue; code=z*8+4+t; }
   Ctx c; c.tr=false; c.ch.len=0; do{ c.ch.pos=0; St n=cur; if(!act(n,code,c)) { if(c.ch.pos==0||true) {} if(c.ch.len==0)break; continue; } trans++; if(!(p<NP&&t==2)) any=true;
     // canonicalise dead procs
     int ln=cl; bool bad=false; for(auto&e:c.ev){ ln=lin(ln,e.e,e.i,e.r); if(ln<0){bad=true;break;} }
     u64 pk=pack(code,c.ch);
     if(bad){ trace(i,pk,"operation result has no linearization"); printf("states=%zu\n",SV.size()); return 1; }
     n.gmask&=actives(n); int v=viewm(n,mlo(n)); if(n.epoch&1){ int w=viewm(n,mhi(n)); if(v==15) v=w; else if(w!=15&&w!=v){ trace(i,pk,"the views of the two rungs differ"); printf("states=%zu\n",SV.size()); return 1; } }
     if(v!=15)ln=lin(ln,4,0,v); if(ln<0){ trace(i,pk,"observer GET of the view has no linearization"); printf("states=%zu\n",SV.size()); return 1; }
     add(n,ln,i,pk);
   }while(c.ch.next()); }
  // quiescence: no step possible except crash
  bool alldone=true; for(int p=0;p<NP;p++) if(p!=RP&&p!=AP&&cur.pr[p].pc!=255&&!(cur.pr[p].fl&1)) alldone=false; bool infl=cur.z[0][0]; for(int p=0;p<NP;p++) if(cur.pr[p].rs)infl=true;
  if(!any&&!alldone&&(!ladder||swp)){ trace(i,NONE,"deadlock"); printf("states=%zu\n",SV.size()); return 1; }
  if(alldone&&!infl&&(!any||(cur.pr[RP].pc==0&&cur.D&&cur.T&&!wt&&!cur.lock))){ quies++; if(swp&&agree&&!any&&cur.pr[AP].pc==255){ if((cur.S&&cur.T&&cur.S!=cur.T)||(cur.D&&!cur.T!=!cur.S)){ trace(i,NONE,"S and T differ for good"); printf("states=%zu\n",SV.size()); return 1; } if(cur.lock){ trace(i,NONE,"intent never closed"); printf("states=%zu\n",SV.size()); return 1; } } if(wt&&agree&&!ladder){ bool w=(cur.T>=3&&cur.S!=cur.T)||(cur.S>=3&&cur.T&&cur.T!=cur.S); if(w){ trace(i,NONE,"S and T differ for good"); printf("states=%zu\n",SV.size()); return 1; } if(both&&cur.D&&!cur.T&&(r_gc||!r_stickyD)){ trace(i,NONE,"tombstone never removed"); printf("states=%zu\n",SV.size()); return 1; } if(cur.lock){ trace(i,NONE,"intent never closed"); printf("states=%zu\n",SV.size()); return 1; } } }
 }
 printf("OK states=%zu transitions=%llu quiescent=%zu linsets=%zu\n",SV.size(),(unsigned long long)trans,quies,sets.size()); return 0; }
